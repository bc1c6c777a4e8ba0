//go:build servers

// Names the commands that are built, so that the module file holds what they need.
package servers

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver/app"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)
