package commands

import (
	"bytes"
	"context"
	"strconv"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) wc() command.Command {
	return filter(command.Spec{
		Name:    "wc",
		Summary: "count lines, words and bytes",
		Help: `
Passes on one line with the numbers of lines, words and bytes, in this order;
or those of them that are asked for. Each line has one byte for its end.
`,
		Examples: []string{"who | grep away | wc -l", "history 1h | wc"},
		Flags: []command.Flag{
			{Name: "lines", Short: "l", Help: "the lines"},
			{Name: "words", Short: "w", Help: "the words"},
			{Name: "bytes", Short: "c", Help: "the bytes"},
		},
	}, func(ctx context.Context, c *command.Call, s *stream) error {
		var lines, words, size int64
		for l, err := range s.lines(ctx) {
			if err != nil {
				return err
			}
			lines++
			size += int64(len(l)) + 1
			for range bytes.FieldsSeq(l) {
				words++
			}
		}
		all := !c.Bool("lines") && !c.Bool("words") && !c.Bool("bytes")
		var out []byte
		for _, n := range []struct {
			flag  string
			count int64
		}{{"lines", lines}, {"words", words}, {"bytes", size}} {
			if !all && !c.Bool(n.flag) {
				continue
			}
			if len(out) > 0 {
				out = append(out, ' ')
			}
			out = strconv.AppendInt(out, n.count, 10)
		}
		return s.write(out)
	})
}
