package interop

import (
	"strings"
	"testing"

	openapi_v3 "github.com/google/gnostic-models/openapiv3"
	"google.golang.org/protobuf/proto"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/openapi"
	"k8s.io/client-go/openapi3"
	kubeproto "k8s.io/kube-openapi/pkg/util/proto"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Version 2 comes in protobuf to client-go: what is drawn from it is what kubectl and Helm validate with.
func TestOpenAPIInProtobuf(t *testing.T) {
	clients := kubernetes.NewForConfigOrDie(config(t, ""))
	document, err := clients.Discovery().OpenAPISchema()
	must(t, err)
	models, err := kubeproto.NewOpenAPIData(document)
	must(t, err)
	model, ok := models.LookupModel("io.k8s.api.core.v1.PodSpec").(*kubeproto.Kind)
	if !ok || !strings.HasPrefix(model.Fields["containers"].GetDescription(), "List of containers") {
		t.Fatalf("version 2 describes PodSpec as %v", model)
	}
	if keys := model.Fields["containers"].GetExtensions()["x-kubernetes-patch-merge-key"]; keys != "name" {
		t.Fatalf("containers merge by %v", keys)
	}

	paths, err := clients.Discovery().OpenAPIV3().Paths()
	must(t, err)
	bytes, err := paths["apis/apps/v1"].Schema(openapi.ContentTypeOpenAPIV3PB)
	must(t, err)
	part := &openapi_v3.Document{}
	must(t, proto.Unmarshal(bytes, part))
	found := false
	for _, each := range part.Components.Schemas.AdditionalProperties {
		found = found || each.Name == "io.k8s.api.apps.v1.Deployment"
	}
	if !found || len(part.Paths.Path) == 0 {
		t.Fatalf("version 3 of apps/v1 has %d paths, Deployment among its schemas: %v", len(part.Paths.Path), found)
	}
	spec, err := openapi3.NewRoot(clients.Discovery().OpenAPIV3()).GVSpec(schema.GroupVersion{Group: "apps", Version: "v1"})
	must(t, err)
	path := spec.Paths.Paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]
	if path == nil || path.Patch == nil || path.Patch.OperationId != "patchAppsV1NamespacedDeployment" {
		t.Fatalf("deployments are patched by %v", path)
	}
}

func TestDiscoveryInEveryForm(t *testing.T) {
	legacy := discovery.NewDiscoveryClientForConfigOrDie(config(t, protobuf))
	legacy.UseLegacyDiscovery = true
	for name, client := range map[string]*discovery.DiscoveryClient{
		"at once":        discovery.NewDiscoveryClientForConfigOrDie(config(t, "")),
		"group by group": legacy,
	} {
		t.Run(name, func(t *testing.T) {
			groups, resources, err := client.ServerGroupsAndResources()
			must(t, err)
			if groups[0].Name != "" && groups[0].Name != "apiregistration.k8s.io" {
				t.Fatalf("the first group is %s", groups[0].Name)
			}
			kinds := map[string]string{}
			for _, list := range resources {
				for _, each := range list.APIResources {
					kinds[list.GroupVersion+" "+each.Name] = each.Kind
				}
			}
			for resource, kind := range map[string]string{"apps/v1 deployments/scale": "Scale", "v1 pods/eviction": "Eviction", "v1 nodes": "Node"} {
				if kinds[resource] != kind {
					t.Fatalf("%s is a %q", resource, kinds[resource])
				}
			}
		})
	}
}
