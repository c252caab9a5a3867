//go:build tools

// Package controller pins Flux's kustomize-controller, which the benchmarks race against.
package controller

import (
	_ "github.com/fluxcd/kustomize-controller"
)
