//go:build tools

// Package temporal pins the commands built for the local stack.
package temporal

import (
	_ "github.com/temporalio/cli/cmd/temporal"
)
