# For scripts that run released Cluster API reconcilers against `capstorm up --real`; sourced in interop/manager.
# shellcheck shell=bash
work=$(mktemp -d)
capstorm=("$PWD/../../node_modules/.bin/node" "$PWD/../../bin/capstorm.js")
pids=()
stop_all() {
  for pid in "${pids[@]}"; do kill -INT "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  pids=()
}
finish() {
  stop_all
  rm -rf "$work"
}
trap finish EXIT

# Serves the published definitions and webhooks, which are part of the module; $up is its pid.
start_up() {
  local module
  go mod download sigs.k8s.io/cluster-api # or nobody knows its folder before the first build
  module=$(go list -m -f '{{.Dir}}' sigs.k8s.io/cluster-api)
  "${capstorm[@]}" up --real --dir "$work/up" \
    --crds "$module/core/config/crd/bases" "$module/bootstrap/kubeadm/config/crd/bases" "$module/controlplane/kubeadm/config/crd/bases" \
    --webhooks "$module/core/config/webhook/manifests.yaml=9443" "$module/bootstrap/kubeadm/config/webhook/manifests.yaml=9453" \
    "$module/controlplane/kubeadm/config/webhook/manifests.yaml=9463" >"$work/up.log" 2>&1 &
  up=$!
  pids+=("$up")
  for _ in $(seq 60); do
    grep -q '^ready:' "$work/up.log" && return
    kill -0 "$up" 2>/dev/null || break
    sleep 1
  done
  cat "$work/up.log"
  echo '--- FAIL: capstorm up --real'
  exit 1
}

# Builds and starts one manager a role; ${managers[ROLE]} is its pid.
declare -A managers
start_managers() {
  go build -o "$work/manager" .
  local port=9443 role
  for role in core bootstrap control-plane; do
    "$work/manager" --role "$role" --kubeconfig "$work/up/management.kubeconfig" --webhook-port "$port" \
      --webhook-cert-dir "$work/up/webhook-certs" >"$work/$role.log" 2>&1 &
    managers[$role]=$!
    pids+=("$!")
    port=$((port + 10))
  done
  for port in 9443 9453 9463; do
    for _ in $(seq 60); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue 2; sleep 1; done
    tail -n 3 "$work"/*.log
    echo "--- FAIL: no manager serves its webhooks on port $port"
    exit 1
  done
}

# What no soak measures: how fast a fleet comes up, and that it survives its provider.
fleet() { ../../node_modules/.bin/node ../fleet.ts "$@"; }
