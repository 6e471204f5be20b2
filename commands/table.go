package commands

import (
	"io"
	"strings"

	"github.com/chatroom-shell/chatroom/core/text"
)

// A table is rows of cells. Each column but the last is as wide on the terminal
// as its widest cell.
type table struct {
	rows [][]string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

const (
	gap     = "  " // between columns
	minLast = 8    // columns of the terminal that the last cell gets at least
)

// write writes the rows, a line each, in one Write. The last cell is shortened
// so that the line fits into width columns; 0 leaves it whole.
func (t *table) write(w io.Writer, width int) error {
	var columns []int
	for _, cells := range t.rows {
		for i, cell := range cells[:len(cells)-1] {
			if i == len(columns) {
				columns = append(columns, 0)
			}
			columns[i] = max(columns[i], text.Width(cell))
		}
	}
	left := width
	for _, n := range columns {
		left -= n + len(gap)
	}
	var b strings.Builder
	for _, cells := range t.rows {
		var l string
		last := len(cells) - 1
		for i, cell := range cells[:last] {
			l += text.Pad(cell, columns[i]) + gap
		}
		if width > 0 {
			l += text.Truncate(cells[last], max(left, minLast))
		} else {
			l += cells[last]
		}
		b.WriteString(strings.TrimRight(l, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
