// Package modules stands for Cilium's own, which reads /proc/modules, on a kernel that has what it needs built in and
// loads no modules: nothing is listed, and nothing has to be loaded.
package modules

func listModules() ([]string, error) { return nil, nil }

func moduleLoader() string { return "true" }
