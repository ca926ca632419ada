// Package interop puts the published Kubernetes clients to Capstorm's API server. KUBECONFIG names the server.
package interop

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	autoscalingapply "k8s.io/client-go/applyconfigurations/autoscaling/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/pager"
	watchtools "k8s.io/client-go/tools/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func config(t *testing.T, contentType string) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	config.ContentType = contentType
	config.QPS, config.Burst = 200, 200
	return config
}

const protobuf = "application/vnd.kubernetes.protobuf"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func namespace(t *testing.T) string {
	t.Helper()
	clients := kubernetes.NewForConfigOrDie(config(t, ""))
	created, err := clients.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "interop-"}}, metav1.CreateOptions{})
	must(t, err)
	t.Cleanup(func() {
		_ = clients.CoreV1().Namespaces().Delete(context.Background(), created.Name, metav1.DeleteOptions{})
	})
	return created.Name
}

func TestTypedClientsWriteAndReadProtobuf(t *testing.T) {
	clients := kubernetes.NewForConfigOrDie(config(t, protobuf))
	ns, ctx := namespace(t), t.Context()

	secret, err := clients.CoreV1().Secrets(ns).Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s", Labels: map[string]string{"a": "b"}}, Data: map[string][]byte{"k": {0, 1, 255}}}, metav1.CreateOptions{})
	must(t, err)
	if secret.Type != corev1.SecretTypeOpaque || string(secret.Data["k"]) != "\x00\x01\xff" {
		t.Fatalf("the secret came back as %v", secret)
	}
	replicas := int32(0)
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "d"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"a": "b"}},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{
					Name: "c", Image: "i",
					Resources:     corev1.ResourceRequirements{Requests: corev1.ResourceList{"cpu": resource.MustParse("100m")}},
					LivenessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Port: intstr.FromString("http")}}},
					Ports:         []corev1.ContainerPort{{ContainerPort: 80}},
				}}},
			},
		},
	}
	_, err = clients.AppsV1().Deployments(ns).Create(ctx, deployment, metav1.CreateOptions{})
	must(t, err)
	read, err := clients.AppsV1().Deployments(ns).Get(ctx, "d", metav1.GetOptions{})
	must(t, err)
	container := read.Spec.Template.Spec.Containers[0]
	if read.Spec.Replicas == nil || *read.Spec.Replicas != 0 || container.LivenessProbe.HTTPGet.Port.StrVal != "http" || container.Resources.Requests.Cpu().String() != "100m" {
		t.Fatalf("the deployment came back as %v", read.Spec)
	}
	read.Spec.Template.Spec.Containers[0].Image = "j"
	updated, err := clients.AppsV1().Deployments(ns).Update(ctx, read, metav1.UpdateOptions{})
	must(t, err)
	if updated.Generation != 2 {
		t.Fatalf("generation %d after a spec change", updated.Generation)
	}
	scale, err := clients.AppsV1().Deployments(ns).GetScale(ctx, "d", metav1.GetOptions{})
	must(t, err)
	scale.Spec.Replicas = 3
	_, err = clients.AppsV1().Deployments(ns).UpdateScale(ctx, "d", scale, metav1.UpdateOptions{})
	must(t, err)
	said := autoscalingapply.Scale().WithSpec(autoscalingapply.ScaleSpec().WithReplicas(3))
	_, err = clients.AppsV1().Deployments(ns).ApplyScale(ctx, "d", said, metav1.ApplyOptions{FieldManager: "scaler", Force: true})
	must(t, err)
	scaled, err := clients.AppsV1().Deployments(ns).Get(ctx, "d", metav1.GetOptions{})
	must(t, err)
	var owners []string
	for _, entry := range scaled.ManagedFields {
		if strings.Contains(string(entry.FieldsV1.Raw), `"f:replicas"`) {
			owners = append(owners, entry.Manager+" "+string(entry.Operation)+" "+entry.Subresource)
		}
	}
	if len(owners) != 2 || !slices.Contains(owners, "scaler Apply scale") {
		t.Fatalf("the replicas are owned by %v", owners)
	}
	list, err := clients.AppsV1().Deployments(ns).List(ctx, metav1.ListOptions{})
	must(t, err)
	if len(list.Items) != 1 || *list.Items[0].Spec.Replicas != 3 {
		t.Fatalf("listed %v", list.Items)
	}
	role := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: ns}, RoleRef: rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "view"}, Subjects: []rbacv1.Subject{{Kind: "User", APIGroup: "rbac.authorization.k8s.io", Name: "x"}}}
	_, err = clients.RbacV1().ClusterRoleBindings().Create(ctx, role, metav1.CreateOptions{})
	must(t, err)
	must(t, clients.RbacV1().ClusterRoleBindings().Delete(ctx, ns, metav1.DeleteOptions{}))
	must(t, clients.CoreV1().Secrets(ns).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "a=b"}))
	if _, err := clients.CoreV1().Secrets(ns).Get(ctx, "s", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Fatalf("expected not found, got %v", err)
	}
}

// An informer in each encoding; client-go lists by WatchList where its feature is on and falls back where it is not.
func TestInformersFollow(t *testing.T) {
	for _, contentType := range []string{"application/json", protobuf} {
		for _, watchList := range []string{"true", "false"} {
			t.Run(contentType+" WatchList="+watchList, func(t *testing.T) {
				t.Setenv("KUBE_FEATURE_WatchListClient", watchList)
				clients := kubernetes.NewForConfigOrDie(config(t, contentType))
				ns := namespace(t)
				// Every namespace has a config map of its own: the authority's certificate.
				labels := map[string]string{"of": "this-test"}
				create := func(name string) {
					_, err := clients.CoreV1().ConfigMaps(ns).Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, metav1.CreateOptions{})
					must(t, err)
				}
				create("before")
				factory := informers.NewSharedInformerFactoryWithOptions(clients, 0, informers.WithNamespace(ns),
					informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = "of=this-test" }))
				informer := factory.Core().V1().ConfigMaps()
				var events atomic.Int32
				_, err := informer.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
					AddFunc: func(any) { events.Add(1) }, DeleteFunc: func(any) { events.Add(100) },
				})
				must(t, err)
				factory.Start(t.Context().Done())
				factory.WaitForCacheSync(t.Context().Done())
				create("after")
				must(t, clients.CoreV1().ConfigMaps(ns).Delete(t.Context(), "before", metav1.DeleteOptions{}))
				eventually(t, func() bool { return events.Load() == 102 })
				if _, err := informer.Lister().ConfigMaps(ns).Get("after"); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	must(t, wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 20*time.Second, true, func(context.Context) (bool, error) { return done(), nil }))
}

func TestMetadataInformer(t *testing.T) {
	ns := namespace(t)
	clients := kubernetes.NewForConfigOrDie(config(t, ""))
	factory := metadatainformer.NewFilteredSharedInformerFactory(metadata.NewForConfigOrDie(config(t, "")), 0, ns, nil)
	informer := factory.ForResource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"})
	informer.Informer()
	factory.Start(t.Context().Done())
	factory.WaitForCacheSync(t.Context().Done())
	_, err := clients.CoreV1().ConfigMaps(ns).Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "m", Annotations: map[string]string{"a": "b"}}}, metav1.CreateOptions{})
	must(t, err)
	eventually(t, func() bool {
		object, err := informer.Lister().ByNamespace(ns).Get("m")
		return err == nil && object.(*metav1.PartialObjectMetadata).Annotations["a"] == "b"
	})
}

func TestPagerSeesEverythingOnce(t *testing.T) {
	ns := namespace(t)
	clients := kubernetes.NewForConfigOrDie(config(t, protobuf))
	for i := range 25 {
		_, err := clients.CoreV1().ConfigMaps(ns).Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("c%02d", i)}}, metav1.CreateOptions{})
		must(t, err)
	}
	pages := 0
	seen := map[string]int{}
	paging := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		options.FieldSelector = "metadata.name!=kube-root-ca.crt"
		pages++
		if pages == 2 { // between pages: the rest shows the list as it was
			must(t, clients.CoreV1().ConfigMaps(ns).Delete(ctx, "c20", metav1.DeleteOptions{}))
		}
		return clients.CoreV1().ConfigMaps(ns).List(ctx, options)
	})
	paging.PageSize = 10
	must(t, paging.EachListItem(t.Context(), metav1.ListOptions{}, func(object runtime.Object) error {
		seen[object.(*corev1.ConfigMap).Name]++
		return nil
	}))
	if pages != 3 || len(seen) != 25 {
		t.Fatalf("%d pages, %d objects", pages, len(seen))
	}
}

func TestServerSideApplyThroughControllerRuntime(t *testing.T) {
	ns, ctx := namespace(t), t.Context()
	writer, err := client.New(config(t, ""), client.Options{})
	must(t, err)
	apply := func(owner, value string, force bool) error {
		object := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": map[string]any{"name": "applied", "namespace": ns},
			"data":     map[string]any{"k": value},
		}}
		options := []client.ApplyOption{client.FieldOwner(owner)}
		if force {
			options = append(options, client.ForceOwnership)
		}
		return writer.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), options...)
	}
	must(t, apply("one", "1", false))
	if err := apply("two", "2", false); !apierrors.IsConflict(err) {
		t.Fatalf("expected a conflict, got %v", err)
	}
	must(t, apply("two", "2", true))
	var read corev1.ConfigMap
	must(t, writer.Get(ctx, client.ObjectKey{Namespace: ns, Name: "applied"}, &read))
	if read.Data["k"] != "2" || len(read.ManagedFields) != 1 || read.ManagedFields[0].Manager != "two" {
		t.Fatalf("%v managed by %v", read.Data, read.ManagedFields)
	}
	before := read.ResourceVersion
	must(t, apply("two", "2", true))
	must(t, writer.Get(ctx, client.ObjectKey{Namespace: ns, Name: "applied"}, &read))
	if read.ResourceVersion != before {
		t.Fatalf("an apply without a change moved the resourceVersion from %s to %s", before, read.ResourceVersion)
	}
}

func TestLeaderElection(t *testing.T) {
	ns := namespace(t)
	clients := kubernetes.NewForConfigOrDie(config(t, protobuf))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	led := make(chan string, 2)
	run := func(id string) {
		lock, err := resourcelock.New(resourcelock.LeasesResourceLock, ns, "lead", clients.CoreV1(), clients.CoordinationV1(), resourcelock.ResourceLockConfig{Identity: id})
		must(t, err)
		leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
			Lock: lock, LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 200 * time.Millisecond, ReleaseOnCancel: true,
			Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: func(context.Context) { led <- id }, OnStoppedLeading: func() {}},
		})
	}
	go run("a")
	if first := <-led; first != "a" {
		t.Fatal(first)
	}
	go run("b")
	select {
	case second := <-led:
		t.Fatalf("%s leads beside a", second)
	case <-time.After(1500 * time.Millisecond):
	}
}

func TestDefinitionsAreServedAtOnce(t *testing.T) {
	ctx := t.Context()
	definitions := apiextensions.NewForConfigOrDie(config(t, protobuf)).ApiextensionsV1().CustomResourceDefinitions()
	preserve, minimum := true, 1.0
	definition := &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "gizmos.interop.example.dev"},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: "interop.example.dev", Scope: apiextensionsv1.NamespaceScoped,
			Names: apiextensionsv1.CustomResourceDefinitionNames{Plural: "gizmos", Kind: "Gizmo"},
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
				Name: "v1", Served: true, Storage: true,
				Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{
					Type: "object",
					Properties: map[string]apiextensionsv1.JSONSchemaProps{"spec": {
						Type: "object",
						Properties: map[string]apiextensionsv1.JSONSchemaProps{
							"size": {Type: "integer", Minimum: &minimum, Default: &apiextensionsv1.JSON{Raw: []byte("3")}},
							"any":  {Type: "object", XPreserveUnknownFields: &preserve},
						},
						XValidations: apiextensionsv1.ValidationRules{{Rule: "self.size < 10", Message: "too large"}},
					}},
				}},
			}},
		},
	}
	_ = definitions.Delete(ctx, definition.Name, metav1.DeleteOptions{})
	_, err := definitions.Create(ctx, definition, metav1.CreateOptions{})
	must(t, err)
	t.Cleanup(func() { _ = definitions.Delete(context.Background(), definition.Name, metav1.DeleteOptions{}) })
	eventually(t, func() bool {
		read, err := definitions.Get(ctx, definition.Name, metav1.GetOptions{})
		must(t, err)
		for _, condition := range read.Status.Conditions {
			if condition.Type == apiextensionsv1.Established && condition.Status == apiextensionsv1.ConditionTrue {
				return true
			}
		}
		return false
	})
	read, err := definitions.Get(ctx, definition.Name, metav1.GetOptions{})
	must(t, err)
	rules := read.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].XValidations
	if len(rules) != 1 || rules[0].Rule != "self.size < 10" {
		t.Errorf("the rules came back as %v", rules)
	}
	writer, err := client.New(config(t, ""), client.Options{})
	must(t, err)
	gizmo := func(name string, spec map[string]any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "interop.example.dev/v1", "kind": "Gizmo", "metadata": map[string]any{"name": name, "namespace": "default"}, "spec": spec}}
	}
	good := gizmo("good", map[string]any{"nope": "x", "any": map[string]any{"kept": true}})
	must(t, writer.Create(ctx, good))
	size, _, _ := unstructured.NestedInt64(good.Object, "spec", "size")
	_, pruned, _ := unstructured.NestedString(good.Object, "spec", "nope")
	kept, _, _ := unstructured.NestedBool(good.Object, "spec", "any", "kept")
	if size != 3 || pruned || !kept {
		t.Fatalf("defaulted and pruned to %v", good.Object["spec"])
	}
	for name, spec := range map[string]map[string]any{"small": {"size": int64(0)}, "large": {"size": int64(11)}} {
		if err := writer.Create(ctx, gizmo(name, spec)); !apierrors.IsInvalid(err) {
			t.Fatalf("%s: expected invalid, got %v", name, err)
		}
	}
}

func TestRetryWatcher(t *testing.T) {
	ns := namespace(t)
	clients := kubernetes.NewForConfigOrDie(config(t, ""))
	list, err := clients.CoreV1().ConfigMaps(ns).List(t.Context(), metav1.ListOptions{})
	must(t, err)
	watcher, err := watchtools.NewRetryWatcherWithContext(t.Context(), list.ResourceVersion, &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			seconds := int64(1) // the server ends it again and again
			options.TimeoutSeconds = &seconds
			return clients.CoreV1().ConfigMaps(ns).Watch(ctx, options)
		},
	})
	must(t, err)
	defer watcher.Stop()
	go func() {
		for i := range 4 {
			_, _ = clients.CoreV1().ConfigMaps(ns).Create(context.Background(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("w%d", i)}}, metav1.CreateOptions{})
			time.Sleep(700 * time.Millisecond)
		}
	}()
	for i := range 4 {
		event := <-watcher.ResultChan()
		if name := event.Object.(*corev1.ConfigMap).Name; name != fmt.Sprintf("w%d", i) {
			t.Fatalf("event %d is of %s", i, name)
		}
	}
}

func TestAccess(t *testing.T) {
	ns, ctx := namespace(t), t.Context()
	clients := kubernetes.NewForConfigOrDie(config(t, protobuf))
	_, err := clients.CoreV1().ServiceAccounts(ns).Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}, metav1.CreateOptions{})
	must(t, err)
	_, err = clients.RbacV1().RoleBindings(ns).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "robot"},
		RoleRef:    rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "view"},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Name: "robot", Namespace: ns}},
	}, metav1.CreateOptions{})
	must(t, err)
	anonymous := rest.AnonymousClientConfig(config(t, ""))
	if _, err := kubernetes.NewForConfigOrDie(anonymous).CoreV1().Pods(ns).List(ctx, metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Fatalf("anonymous: %v", err)
	}
	anonymous.BearerToken = "wrong"
	if _, err := kubernetes.NewForConfigOrDie(anonymous).CoreV1().Pods(ns).List(ctx, metav1.ListOptions{}); !apierrors.IsUnauthorized(err) {
		t.Fatalf("a wrong token: %v", err)
	}
	impersonating := config(t, "")
	impersonating.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:" + ns + ":robot"}
	robot := kubernetes.NewForConfigOrDie(impersonating)
	_, err = robot.CoreV1().Pods(ns).List(ctx, metav1.ListOptions{})
	must(t, err)
	if _, err := robot.CoreV1().Secrets(ns).List(ctx, metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Fatalf("secrets for a viewer: %v", err)
	}
}
