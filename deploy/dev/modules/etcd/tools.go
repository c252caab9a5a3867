//go:build tools

// Package etcd pins the commands built for the local stack.
package etcd

import (
	_ "go.etcd.io/etcd/server/v3"
)
