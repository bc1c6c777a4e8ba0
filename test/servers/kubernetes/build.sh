#!/usr/bin/env bash
# Builds the servers of a real Kubernetes once, into a cache outside of the checkout: ten minutes of processor time, then never again.
set -euo pipefail
cd "$(dirname "$0")"
place="${PARAMEDIC_TEST_CACHE:-$HOME/.cache/paramedic-test}/kubernetes-1.37.2"
mkdir -p "$place"
exec 9>"$place/lock"
flock 9
export GOFLAGS=-buildvcs=false

build() { # MODULE BINARY PACKAGE [LINKER FLAGS]
  [ -x "$place/$2" ] && return
  echo "builds $2 of $3" >&2
  (cd "$1" && nice -n 19 go build -trimpath -ldflags "-s -w ${4:-}" -o "$place/$2.part" "$3")
  mv "$place/$2.part" "$place/$2"
}
version="-X k8s.io/component-base/version.gitVersion=v1.37.2"
build etcd etcd go.etcd.io/etcd/server/v3
[ -x "$place/kwok" ] || GOBIN="$place" nice -n 19 go install -trimpath -ldflags '-s -w' sigs.k8s.io/kwok/cmd/kwok@v0.8.0
build control kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver "$version"
build control kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager "$version"

# How kwok, which stands in for kubelets, moves nodes and pods on.
stages="$(go env GOMODCACHE)/sigs.k8s.io/kwok@v0.8.0/kustomize/stage"
for file in "$stages"/node/fast/node-initialize.yaml "$stages"/node/heartbeat/node-heartbeat.yaml "$stages"/pod/fast/pod-{ready,complete,delete}.yaml; do
  printf -- '---\n'
  cat "$file"
done >"$place/stages.yaml.part"
mv "$place/stages.yaml.part" "$place/stages.yaml"
