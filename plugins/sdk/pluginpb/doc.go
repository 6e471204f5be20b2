// Package pluginpb is the contract between the server and a plugin:
// plugin.proto, which explains it, the Go that is generated from it, and the few
// constants of the handshake.
//
// Authors in Go import package sdk instead.
package pluginpb

//go:generate ./generate
