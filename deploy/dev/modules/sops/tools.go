//go:build tools

// Package sops pins the commands built for the local stack.
package sops

import (
	_ "github.com/getsops/sops/v3/cmd/sops"
)
