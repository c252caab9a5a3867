//go:build tools

// Package kwok pins the commands built for the local stack.
package kwok

import (
	_ "sigs.k8s.io/kwok/cmd/kwok"
)
