//go:build servers

package servers

import _ "go.etcd.io/etcd/server/v3/etcdmain"
