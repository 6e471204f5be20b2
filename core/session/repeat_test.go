package session_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestRepeat(t *testing.T) {
	b := newBench(t, nil)
	ann := b.login("ann")
	ann.feed("!!\n")
	ann.expect("ann: !!") // nothing was kept, not even the login
	ann.feed("/!!\n")
	ann.expect("-- There is no command to repeat yet.")
	ann.feed("echo one\n/echo  two\nhello\n!!\n")
	ann.expect("one", " two", "ann: hello", "-- /echo  two", " two")
	ann.feed("/join ops\n!ec\n/!jo\n")
	ann.expect("-- You are in ops with 0 others.", "-- /echo  two", " two", "-- /join ops")
	ann.feed("!wow\n! !\n!!!\n!e x\n!\n")
	ann.expect("ann: !wow", "ann: ! !", "ann: !!!", "ann: !e x", "ann: !")
	ann.feed("/!wow\n")
	ann.expect("-- None of your last commands begins with wow; !! repeats the last one.")

	ann.feed("/password hunter2\n/set mode chat\n/echo\n/nosuch\n")
	if got := ann.take(); !strings.HasPrefix(got, "changed\r\n-- mode is chat now\r\n") {
		t.Errorf("got %q", got)
	}
	ann.feed("!!\n/!!\n/!pass\n")
	ann.expect("ann: !!", "-- /set mode chat", "-- mode is chat now", "-- None of your last commands begins with pass; !! repeats the last one.")
	ann.feed("/!echo o\n/set mode command\n!ec\n!wow\n/logout\nlogin ben\n/!!\n")
	got := ann.take()
	if !strings.Contains(got, "-- /echo  two\r\n two\r\n-- None of your last commands begins with wow; ") || !strings.HasSuffix(got, "-- There is no command to repeat yet.\r\n") {
		t.Errorf("got %q", got)
	}
}

func TestRepeatIsBounded(t *testing.T) {
	b := newBench(t, nil)
	ann := b.login("ann")
	for i := range 30 {
		ann.feed(fmt.Sprintf("/echo %d\n", i))
	}
	ann.take()
	ann.feed("!e\n")
	ann.expect("-- /echo 29", "29")
	ann.feed("/!/echo 1\n/!join\n")
	ann.take()
	bot := b.machine("bot")
	bot.feed("/echo x\n/!!\n")
	if got := bot.take(); !strings.Contains(got, `"id":4,"code":"not_found"`) {
		t.Errorf("got %s", got)
	}
}
