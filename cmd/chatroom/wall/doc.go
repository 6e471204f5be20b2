// Package wall holds the tests of the fault catalogue: each speaks raw bytes over
// TCP to the real program and knows nothing of its inside.
package wall
