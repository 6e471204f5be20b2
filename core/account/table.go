package account

import (
	"container/heap"
	"time"
)

// A table is a bounded map whose rows end by themselves. When it is full, the
// row that would end first gives its place. It is not safe for concurrent use.
type table[K comparable, V any] struct {
	max  int
	rows map[K]*row[K, V]
	ends ends[K, V]
}

type row[K comparable, V any] struct {
	key   K
	value V
	end   time.Time
	place int // in ends
}

func newTable[K comparable, V any](max int) *table[K, V] {
	return &table[K, V]{max: max, rows: map[K]*row[K, V]{}}
}

// get is the value of k, the zero value if there is none.
func (t *table[K, V]) get(k K, now time.Time) (v V) {
	t.sweep(now)
	if r := t.rows[k]; r != nil {
		return r.value
	}
	return v
}

// put sets the value of k until end.
func (t *table[K, V]) put(k K, v V, end, now time.Time) {
	t.sweep(now)
	r := t.rows[k]
	if r == nil {
		if len(t.rows) >= t.max {
			t.drop(t.ends[0])
		}
		r = &row[K, V]{key: k, end: end}
		t.rows[k] = r
		heap.Push(&t.ends, r)
	}
	r.value, r.end = v, end
	heap.Fix(&t.ends, r.place)
}

// sweep drops the rows that have ended.
func (t *table[K, V]) sweep(now time.Time) {
	for len(t.ends) > 0 && !now.Before(t.ends[0].end) {
		t.drop(t.ends[0])
	}
}

func (t *table[K, V]) drop(r *row[K, V]) {
	heap.Remove(&t.ends, r.place)
	delete(t.rows, r.key)
}

// ends is a heap of rows, the one that ends first on top.
type ends[K comparable, V any] []*row[K, V]

func (e ends[K, V]) Len() int           { return len(e) }
func (e ends[K, V]) Less(i, j int) bool { return e[i].end.Before(e[j].end) }

func (e ends[K, V]) Swap(i, j int) {
	e[i], e[j] = e[j], e[i]
	e[i].place, e[j].place = i, j
}

func (e *ends[K, V]) Push(x any) {
	r := x.(*row[K, V])
	r.place = len(*e)
	*e = append(*e, r)
}

func (e *ends[K, V]) Pop() any {
	last := len(*e) - 1
	r := (*e)[last]
	(*e)[last] = nil
	*e = (*e)[:last]
	return r
}
