//go:build tools

// Package controller pins Flux's source-controller, which the benchmarks race against.
package controller

import (
	_ "github.com/fluxcd/source-controller"
)
