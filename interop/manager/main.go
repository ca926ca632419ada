// A small Cluster API manager of our own: the released reconcilers and webhooks with the released set-up options, one
// role a process, as the released managers are. It exists to put them to Capstorm's provider (see drive_test.go).
package main

import (
	"context"
	"flag"
	"log"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/logutil"
	"go.uber.org/zap/zapcore"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	addonsv1beta1 "sigs.k8s.io/cluster-api/api/addons/v1beta1"
	addonsv1 "sigs.k8s.io/cluster-api/api/addons/v1beta2"
	bootstrapv1beta1 "sigs.k8s.io/cluster-api/api/bootstrap/kubeadm/v1beta1"
	bootstrapv1 "sigs.k8s.io/cluster-api/api/bootstrap/kubeadm/v1beta2"
	controlplanev1beta1 "sigs.k8s.io/cluster-api/api/controlplane/kubeadm/v1beta1"
	controlplanev1 "sigs.k8s.io/cluster-api/api/controlplane/kubeadm/v1beta2"
	clusterv1beta1 "sigs.k8s.io/cluster-api/api/core/v1beta1"
	clusterv1 "sigs.k8s.io/cluster-api/api/core/v1beta2"
	ipamv1alpha1 "sigs.k8s.io/cluster-api/api/ipam/v1alpha1"
	ipamv1beta1 "sigs.k8s.io/cluster-api/api/ipam/v1beta1"
	ipamv1 "sigs.k8s.io/cluster-api/api/ipam/v1beta2"
	runtimev1alpha1 "sigs.k8s.io/cluster-api/api/runtime/v1alpha1"
	runtimev1 "sigs.k8s.io/cluster-api/api/runtime/v1beta2"
	"sigs.k8s.io/cluster-api/bootstrap/kubeadm/reconcilers/kubeadmconfig"
	bootstrapsetup "sigs.k8s.io/cluster-api/bootstrap/kubeadm/setup"
	bootstrapadmission "sigs.k8s.io/cluster-api/bootstrap/kubeadm/webhooks/admission"
	"sigs.k8s.io/cluster-api/controllers/clustercache"
	"sigs.k8s.io/cluster-api/controllers/remote"
	"sigs.k8s.io/cluster-api/controlplane/kubeadm/reconcilers/kubeadmcontrolplane"
	controlplanesetup "sigs.k8s.io/cluster-api/controlplane/kubeadm/setup"
	controlplaneadmission "sigs.k8s.io/cluster-api/controlplane/kubeadm/webhooks/admission"
	"sigs.k8s.io/cluster-api/core/reconcilers/cluster"
	"sigs.k8s.io/cluster-api/core/reconcilers/clusterclass"
	"sigs.k8s.io/cluster-api/core/reconcilers/clusterresourceset"
	"sigs.k8s.io/cluster-api/core/reconcilers/clusterresourcesetbinding"
	"sigs.k8s.io/cluster-api/core/reconcilers/machine"
	"sigs.k8s.io/cluster-api/core/reconcilers/machinedeployment"
	"sigs.k8s.io/cluster-api/core/reconcilers/machinehealthcheck"
	"sigs.k8s.io/cluster-api/core/reconcilers/machineset"
	topologycluster "sigs.k8s.io/cluster-api/core/reconcilers/topology/cluster"
	topologymachinedeployment "sigs.k8s.io/cluster-api/core/reconcilers/topology/machinedeployment"
	topologymachineset "sigs.k8s.io/cluster-api/core/reconcilers/topology/machineset"
	coresetup "sigs.k8s.io/cluster-api/core/setup"
	coreadmission "sigs.k8s.io/cluster-api/core/webhooks/admission"
	"sigs.k8s.io/cluster-api/feature"
	"sigs.k8s.io/cluster-api/util/index"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// The defaults of the released managers' flags.
const (
	syncPeriod            = 10 * time.Minute
	connectionGracePeriod = 50 * time.Second
	conditionsGracePeriod = 5 * time.Minute
	etcdDialTimeout       = 10 * time.Second
	etcdCallTimeout       = 15 * time.Second
	bootstrapTokenTTL     = 15 * time.Minute
	clusterQPS            = 20
	clusterBurst          = 30
)

type role struct {
	controllerName string
	cache          func(*runtime.Scheme, string, string, time.Duration) cache.Options
	client         func() client.Options
	setUp          func(context.Context, ctrl.Manager, string)
}

var roles = map[string]role{
	"core": {
		"cluster-api-controller-manager",
		coresetup.ManagerCacheOptions, coresetup.ManagerClientOptions, setUpCore,
	},
	"bootstrap": {
		"cluster-api-kubeadm-bootstrap-manager",
		bootstrapsetup.ManagerCacheOptions, bootstrapsetup.ManagerClientOptions, setUpBootstrap,
	},
	"control-plane": {
		"cluster-api-kubeadm-control-plane-manager",
		controlplanesetup.ManagerCacheOptions, controlplanesetup.ManagerClientOptions, setUpControlPlane,
	},
}

func main() {
	name := flag.String("role", "core", "core, bootstrap or control-plane")
	port := flag.Int("webhook-port", 9443, "where the webhooks are served")
	certificates := flag.String("webhook-cert-dir", "", "the folder of tls.crt and tls.key")
	flag.Parse()
	ctrl.SetLogger(zap.New(zap.UseDevMode(true), zap.Level(zapcore.InfoLevel)))
	chosen, ok := roles[*name]
	if !ok {
		log.Fatalf("no role %q", *name)
	}
	must(feature.MutableGates.Set("ClusterTopology=true"))
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme, clusterv1.AddToScheme, addonsv1.AddToScheme, ipamv1.AddToScheme, runtimev1.AddToScheme,
		bootstrapv1.AddToScheme, controlplanev1.AddToScheme, clusterv1beta1.AddToScheme, addonsv1beta1.AddToScheme,
		ipamv1alpha1.AddToScheme, ipamv1beta1.AddToScheme, runtimev1alpha1.AddToScheme, bootstrapv1beta1.AddToScheme,
		controlplanev1beta1.AddToScheme,
	} {
		must(add(scheme))
	}
	rest := ctrl.GetConfigOrDie()
	rest.QPS, rest.Burst = 100, 200
	rest.UserAgent = remote.DefaultClusterAPIUserAgent(chosen.controllerName)
	yes := true
	manager, err := ctrl.NewManager(rest, ctrl.Options{
		Controller:             config.Controller{UsePriorityQueue: &yes, CacheSyncTimeout: 5 * time.Minute},
		Scheme:                 scheme,
		Metrics:                metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress: "0",
		Cache:                  chosen.cache(scheme, chosen.controllerName, "", syncPeriod),
		Client:                 chosen.client(),
		WebhookServer:          webhook.NewServer(webhook.Options{Host: "127.0.0.1", Port: *port, CertDir: *certificates}),
	})
	must(err)
	ctx := ctrl.SetupSignalHandler()
	chosen.setUp(ctx, manager, chosen.controllerName)
	must(manager.Start(ctx))
}

func setUpCore(ctx context.Context, manager ctrl.Manager, name string) {
	must(index.AddDefaultIndexes(ctx, manager))
	secrets, err := coresetup.CreateSecretCachingClient(manager)
	must(err)
	clusters := clusterCache(ctx, manager, secrets, coresetup.ClusterCacheCacheOptions(), coresetup.ClusterCacheClientOptions(name, clusterQPS, clusterBurst))
	c, reader := manager.GetClient(), manager.GetAPIReader()
	must((&clusterclass.Reconciler{Client: c}).SetupWithManager(ctx, manager, workers(10)))
	must((&topologycluster.Reconciler{Client: c, APIReader: reader, ClusterCache: clusters}).SetupWithManager(ctx, manager, workers(50)))
	must((&topologymachinedeployment.Reconciler{Client: c, APIReader: reader}).SetupWithManager(ctx, manager, workers(25)))
	must((&topologymachineset.Reconciler{Client: c, APIReader: reader}).SetupWithManager(ctx, manager, workers(25)))
	must((&cluster.Reconciler{Client: c, APIReader: reader, ClusterCache: clusters, RemoteConnectionGracePeriod: connectionGracePeriod}).SetupWithManager(ctx, manager, workers(50)))
	must((&machine.Reconciler{Client: c, APIReader: reader, ClusterCache: clusters, RemoteConditionsGracePeriod: conditionsGracePeriod}).SetupWithManager(ctx, manager, workers(100)))
	must((&machineset.Reconciler{Client: c, APIReader: reader, ClusterCache: clusters, PreflightChecks: sets.New(clusterv1.MachineSetPreflightCheckAll)}).SetupWithManager(ctx, manager, workers(50)))
	must((&machinedeployment.Reconciler{Client: c, APIReader: reader}).SetupWithManager(ctx, manager, workers(50)))
	must((&clusterresourceset.Reconciler{Client: c, ClusterCache: clusters}).SetupWithManager(ctx, manager, workers(10), secretMetadata(manager)))
	must((&clusterresourcesetbinding.Reconciler{Client: c}).SetupWithManager(ctx, manager, workers(10)))
	must((&machinehealthcheck.Reconciler{Client: c, ClusterCache: clusters}).SetupWithManager(ctx, manager, workers(50)))
	for _, hook := range []interface{ SetupWebhookWithManager(ctrl.Manager) error }{
		&coreadmission.ClusterClass{Client: c},
		&coreadmission.Cluster{Client: c, ClusterCacheReader: clusters},
		&coreadmission.Machine{}, &coreadmission.MachineSet{}, &coreadmission.MachineDeployment{}, &coreadmission.MachineDrainRule{},
		&coreadmission.MachinePool{}, &coreadmission.ClusterResourceSet{}, &coreadmission.ClusterResourceSetBinding{},
		&coreadmission.MachineHealthCheck{}, &coreadmission.ExtensionConfig{},
		&coreadmission.IPAddress{Client: reader}, &coreadmission.IPAddressClaim{},
	} {
		must(hook.SetupWebhookWithManager(manager))
	}
}

func setUpBootstrap(ctx context.Context, manager ctrl.Manager, name string) {
	secrets, err := bootstrapsetup.CreateSecretCachingClient(manager)
	must(err)
	clusters := clusterCache(ctx, manager, secrets, bootstrapsetup.ClusterCacheCacheOptions(), bootstrapsetup.ClusterCacheClientOptions(name, clusterQPS, clusterBurst))
	must((&kubeadmconfig.Reconciler{
		Client: manager.GetClient(), APIReader: manager.GetAPIReader(), SecretCachingClient: secrets,
		ClusterCache: clusters, TokenTTL: bootstrapTokenTTL,
	}).SetupWithManager(ctx, manager, workers(100)))
	must((&bootstrapadmission.KubeadmConfig{}).SetupWebhookWithManager(manager))
	must((&bootstrapadmission.KubeadmConfigTemplate{}).SetupWebhookWithManager(manager))
}

func setUpControlPlane(ctx context.Context, manager ctrl.Manager, name string) {
	secrets, err := controlplanesetup.CreateSecretCachingClient(manager)
	must(err)
	clusters := clusterCache(ctx, manager, secrets, controlplanesetup.ClusterCacheCacheOptions(), controlplanesetup.ClusterCacheClientOptions(name, clusterQPS, clusterBurst))
	logger, err := logutil.CreateDefaultZapLogger(zapcore.InfoLevel)
	must(err)
	options := workers(100)
	options.ReconciliationTimeout = 3 * time.Minute
	must((&kubeadmcontrolplane.Reconciler{
		Client: manager.GetClient(), APIReader: manager.GetAPIReader(), SecretCachingClient: secrets, ClusterCache: clusters,
		EtcdDialTimeout: etcdDialTimeout, EtcdCallTimeout: etcdCallTimeout, EtcdLogger: logger,
		RemoteConditionsGracePeriod: conditionsGracePeriod,
	}).SetupWithManager(ctx, manager, options))
	must((&controlplaneadmission.KubeadmControlPlane{}).SetupWebhookWithManager(manager))
	must((&controlplaneadmission.ScaleValidator{Client: manager.GetClient()}).SetupWebhookWithManager(manager))
	must((&controlplaneadmission.KubeadmControlPlaneTemplate{}).SetupWebhookWithManager(manager))
}

func clusterCache(ctx context.Context, manager ctrl.Manager, secrets client.Client, caching clustercache.CacheOptions, connecting clustercache.ClientOptions) clustercache.ClusterCache {
	clusters, err := clustercache.SetupWithManager(ctx, manager, clustercache.Options{SecretClient: secrets, Cache: caching, Client: connecting}, workers(100))
	must(err)
	return clusters
}

// The controllers of ClusterResourceSets watch the metadata of every Secret.
func secretMetadata(manager ctrl.Manager) cache.Cache {
	made, err := cache.New(manager.GetConfig(), cache.Options{
		Scheme: manager.GetScheme(), Mapper: manager.GetRESTMapper(), HTTPClient: manager.GetHTTPClient(),
		ByObject: map[client.Object]cache.ByObject{&metav1.PartialObjectMetadata{
			TypeMeta: metav1.TypeMeta{Kind: "Secret", APIVersion: corev1.SchemeGroupVersion.String()},
		}: {}},
	})
	must(err)
	must(manager.Add(made))
	return made
}

func workers(count int) controller.Options { return controller.Options{MaxConcurrentReconciles: count} }

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
