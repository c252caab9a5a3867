//go:build tools

// Package distribution pins the registry that tests push artifacts to.
package distribution

import (
	_ "github.com/distribution/distribution/v3/cmd/registry"
)
