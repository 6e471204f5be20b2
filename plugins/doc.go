// Package plugins is where programs live that give the server commands, filters and
// whatever else: sdk is all that an author in Go imports, with the contract in
// sdk/pluginpb; host is the server's side; every other folder is a plugin that ships.
// README.md here tells how plugins are run, trusted, limited and looked into.
package plugins
