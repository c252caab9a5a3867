//go:build tools

// Package kustomize pins the commands built for the local stack.
package kustomize

import (
	_ "sigs.k8s.io/kustomize/kustomize/v5"
)
