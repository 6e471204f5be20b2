package wall_test

import (
	"bytes"
	"compress/zlib"
	"os"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// sub is a subnegotiation.
func sub(option byte, body string) string {
	return "\xff\xfa" + string([]byte{option}) + strings.ReplaceAll(body, "\xff", "\xff\xff") + "\xff\xf0"
}

// What a telnet client tells of itself names nobody, and the log holds none of it.
func TestT6Identity(t *testing.T) {
	const canary = "mallory\x1b[31mcanary"
	s := programtest.Start(t, "[login]\nrequired = false\n")
	ann := s.Login("ann")
	programtest.Skip(ann)
	c := s.Dial("c")
	c.Expect("Welcome")
	environ := "\x00\x00USER\x01" + canary + "\x00ACCT\x01" + canary + "\x03NICK\x01" + canary
	for _, part := range []string{
		"\xff\xfb\x18\xff\xfb\x1f\xff\xfb\x27\xff\xfb\x22\xff\xfb\x23\xff\xfb\x05", // WILL TTYPE, NAWS, NEW-ENVIRON, LINEMODE, XDISPLOC, STATUS
		"\xff\xfd\x27\xff\xfd\x22\xff\xfd\x25\xff\xfd\x26",                         // DO NEW-ENVIRON, LINEMODE, AUTHENTICATION, ENCRYPT
		sub(39, environ), sub(39, "\x02"+environ[1:]), sub(39, "\x01"),
		sub(36, environ),
		sub(24, "\x00"+strings.Repeat(canary, 10_000/len(canary))),
		sub(24, "\x00"+canary),
		sub(34, "\x03"+strings.Repeat("\x01\x02\x03", 3000)), // LINEMODE SLC, as many triplets as none has
		sub(34, "\x01\x0f"),
		sub(35, "\x00"+canary+":0"),
		sub(37, "\x03"+canary), // AUTHENTICATION NAME
		sub(5, "\x00"+environ),
	} {
		c.SendRaw([]byte(part))
	}
	c.Send("/whois")
	c.Send("/set")
	c.Send("/who")
	c.Send("say it is I")
	ann.Expect(": it is I")
	programtest.Skip(c)
	for _, who := range []*chattest.Client{ann, c} {
		if strings.Contains(received(who), "mallory") {
			t.Errorf("%s is told what the client said of itself", who.Name)
		}
	}
	for refused, verb := range map[byte]byte{34: 254, 35: 254, 5: 254, 39: 252, 37: 252, 38: 252} {
		if !bytes.Contains(c.Telnet(), []byte{255, verb, refused}) {
			t.Errorf("option %d is not refused with %d: %q", refused, verb, c.Telnet())
		}
	}
	for _, other := range []byte{34, 35, 36, 37, 38, 5} {
		if bytes.Contains(c.Telnet(), []byte{255, 250, other}) || bytes.Contains(c.Telnet(), []byte{255, 253, other}) || bytes.Contains(c.Telnet(), []byte{255, 251, other}) {
			t.Errorf("option %d is spoken of: %q", other, c.Telnet())
		}
	}
	s.Signal(os.Interrupt)
	s.Wait()
	if log := s.Log.String() + s.Stdout.String(); strings.Contains(log, "mallory") || strings.Contains(log, "canary") {
		t.Errorf("the log holds what the client said of itself:\n%s", log)
	}
}

// Compression is refused in all its forms, and what comes compressed all the same
// is never unpacked: it is text, and bad text.
func TestT7Compressed(t *testing.T) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write([]byte("\r\nsay gotcha\r\n"))
	z.Write(bytes.Repeat([]byte("say gotcha\r\n"), 1000))
	z.Close()
	s := programtest.Start(t, "[history]\nreplay = 0\n")
	ann := s.Login("ann")
	for name, start := range map[string]string{
		"MCCP1":          "\xff\xfb\x55\xff\xfd\x55\xff\xfa\x55\xfb\xf0",
		"MCCP2":          "\xff\xfb\x56\xff\xfd\x56\xff\xfa\x56\xff\xf0",
		"MCCP3":          "\xff\xfb\x57\xff\xfd\x57\xff\xfa\x57\xff\xf0",
		"without asking": "",
	} {
		t.Run(name, func(t *testing.T) {
			c := s.Login("bob")
			c.SendRaw([]byte(start))
			c.SendRaw(packed.Bytes())
			c.SendRaw([]byte("\r\n\xff\xf8say still here\r\n"))
			c.Expect("bob: still here")
			for _, option := range []byte{0x55, 0x56, 0x57} {
				for _, agree := range []byte{250, 251, 253} { // SB, WILL, DO
					if bytes.Contains(c.Telnet(), []byte{255, agree, option}) {
						t.Errorf("the server agrees to compression: %q", c.Telnet())
					}
				}
			}
			c.Send("quit")
			c.ExpectClosed()
		})
	}
	ann.Quiet("...gotcha...")
}

// received is what a client has received up to now, line by line.
func received(c *chattest.Client) string {
	var lines strings.Builder
	for line := range strings.Lines(c.Transcript()) {
		if text, ok := strings.CutPrefix(line, c.Name+"< "); ok {
			lines.WriteString(text)
		}
	}
	return lines.String()
}
