package chat

// A Name is a user's name in its three forms. Package text builds it; no other
// package derives one form from another.
type Name struct {
	Display  string // as the user wrote it, cleaned
	Key      string // folded: two names with one key are one name
	Skeleton string // UTS 39: two names with one skeleton look alike
}
