package interop

import (
	"context"
	"io"
	"strings"
	"testing"

	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"
)

// One object under two versions, both in protobuf.
func TestAutoscalersInBothVersions(t *testing.T) {
	ctx := t.Context()
	clients := kubernetes.NewForConfigOrDie(config(t, protobuf))
	namespace := namespace(t)
	half := int32(50)
	autoscaler := &autoscaling.HorizontalPodAutoscaler{
		ObjectMeta: meta.ObjectMeta{Name: "h"},
		Spec: autoscaling.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscaling.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "d"},
			MaxReplicas:    4,
			Metrics: []autoscaling.MetricSpec{
				{Type: autoscaling.ResourceMetricSourceType, Resource: &autoscaling.ResourceMetricSource{
					Name:   core.ResourceCPU,
					Target: autoscaling.MetricTarget{Type: autoscaling.UtilizationMetricType, AverageUtilization: &half},
				}},
			},
		},
	}
	_, err := clients.AutoscalingV2().HorizontalPodAutoscalers(namespace).Create(ctx, autoscaler, meta.CreateOptions{})
	must(t, err)
	old, err := clients.AutoscalingV1().HorizontalPodAutoscalers(namespace).Get(ctx, "h", meta.GetOptions{})
	must(t, err)
	if old.Spec.TargetCPUUtilizationPercentage == nil || *old.Spec.TargetCPUUtilizationPercentage != half {
		t.Fatalf("v1 shows %v", old.Spec)
	}
	old.Spec.MaxReplicas = 6
	_, err = clients.AutoscalingV1().HorizontalPodAutoscalers(namespace).Update(ctx, old, meta.UpdateOptions{})
	must(t, err)
	list, err := clients.AutoscalingV2().HorizontalPodAutoscalers(namespace).List(ctx, meta.ListOptions{})
	must(t, err)
	if len(list.Items) != 1 || list.Items[0].Spec.MaxReplicas != 6 || len(list.Items[0].Spec.Metrics) != 1 {
		t.Fatalf("v2 lists %v", list.Items)
	}
}

func TestWhatEveryClusterHas(t *testing.T) {
	ctx := t.Context()
	clients := kubernetes.NewForConfigOrDie(config(t, protobuf))
	schemas, err := clients.FlowcontrolV1().FlowSchemas().List(ctx, meta.ListOptions{})
	must(t, err)
	roles, err := clients.RbacV1().ClusterRoles().List(ctx, meta.ListOptions{LabelSelector: "kubernetes.io/bootstrapping=rbac-defaults"})
	must(t, err)
	addresses, err := clients.NetworkingV1().IPAddresses().List(ctx, meta.ListOptions{})
	must(t, err)
	if len(schemas.Items) != 11 || len(roles.Items) != 69 || len(addresses.Items) == 0 {
		t.Fatalf("%d flow schemas, %d cluster roles, %d addresses", len(schemas.Items), len(roles.Items), len(addresses.Items))
	}
}

// There are no containers: a command gets as far as to the kubelet, over either protocol.
func TestCommandsEndAtTheKubelet(t *testing.T) {
	ctx := t.Context()
	settings := config(t, "")
	clients := kubernetes.NewForConfigOrDie(settings)
	namespace := namespace(t)
	node := &core.Node{
		ObjectMeta: meta.ObjectMeta{GenerateName: "exec-"},
		Status:     core.NodeStatus{Addresses: []core.NodeAddress{{Type: core.NodeInternalIP, Address: "10.9.9.9"}}},
	}
	node, err := clients.CoreV1().Nodes().Create(ctx, node, meta.CreateOptions{})
	must(t, err)
	t.Cleanup(func() {
		_ = clients.CoreV1().Nodes().Delete(context.Background(), node.Name, meta.DeleteOptions{})
	})
	pod := &core.Pod{ObjectMeta: meta.ObjectMeta{Name: "p"}, Spec: core.PodSpec{
		NodeName: node.Name, Containers: []core.Container{{Name: "c", Image: "i"}},
	}}
	_, err = clients.CoreV1().Pods(namespace).Create(ctx, pod, meta.CreateOptions{})
	must(t, err)
	url := clients.CoreV1().RESTClient().Post().Namespace(namespace).Resource("pods").Name("p").SubResource("exec").
		VersionedParams(&core.PodExecOptions{Command: []string{"ls"}, Stdout: true}, scheme.ParameterCodec).URL()
	spdy, err := remotecommand.NewSPDYExecutor(settings, "POST", url)
	must(t, err)
	webSocket, err := remotecommand.NewWebSocketExecutor(settings, "GET", url.String())
	must(t, err)
	for _, executor := range []remotecommand.Executor{spdy, webSocket} {
		err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: io.Discard})
		if err == nil || !strings.Contains(err.Error(), "10.9.9.9:10250: connect: connection refused") {
			t.Fatalf("the command ended with %v", err)
		}
	}
}
