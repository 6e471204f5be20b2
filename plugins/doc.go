// Package plugins is where commands that run in programs of their own will
// live: sdk for authors, host for the server's side, and a folder for each
// plugin that ships. None does yet; see README.md here.
package plugins
