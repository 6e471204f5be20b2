package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

// A poll is the open poll of a room.
type poll struct {
	Question string         `json:"question"`
	Options  []string       `json:"options"`
	By       string         `json:"by"`    // who asked, as shown
	Owner    string         `json:"owner"` // who asked, as voter has it
	Votes    map[string]int `json:"votes"` // the option's index by voter
}

// A result is one option in `poll show --json`.
type result struct {
	Option string `json:"option"`
	Votes  int    `json:"votes"`
}

type polls struct{ config config }

// in is the polls by room.
func (p polls) in(c *sdk.Call) sdk.Map[poll] {
	return sdk.Map[poll]{Host: c.Host, Prefix: "poll/", TTL: p.config.Keep}
}

var errNone = sdk.Errorf(sdk.NotFound, "There is no poll in this room; ask with: poll new QUESTION OPTION OPTION")

func (p polls) ask(c *sdk.Call) error {
	options := c.Strings("options")
	if len(options) < 2 || len(options) > p.config.Options {
		return sdk.Usagef("A poll has 2 to %d options; put quotes around those of several words.", p.config.Options)
	}
	for i, o := range options {
		if slices.ContainsFunc(options[:i], func(other string) bool { return strings.EqualFold(o, other) }) {
			return sdk.Usagef("The option %s is there twice.", o)
		}
	}
	if c.Caller.Room == "" {
		return sdk.Errorf(sdk.NotFound, "You are in no room; join one first.")
	}
	asked := poll{Question: c.String("question"), Options: options, By: c.Caller.Name, Owner: voter(c.Caller), Votes: map[string]int{}}
	err := p.in(c).Create(c.Context(), c.Caller.Room, asked)
	if sdk.CodeOf(err) == sdk.Conflict {
		return sdk.Errorf(sdk.Conflict, "This room has a poll already; poll show shows it, poll close ends it.")
	}
	if err != nil {
		return err
	}
	var list strings.Builder
	for i, o := range options {
		fmt.Fprintf(&list, "  %d %s", i+1, o)
	}
	if err := c.Say("%s asks: %s%s  (poll vote N)", asked.By, asked.Question, list.String()); err != nil {
		p.in(c).Delete(c.Context(), c.Caller.Room) // a poll that nobody heard of
		return err
	}
	return nil
}

func (p polls) vote(c *sdk.Call) error {
	var choice string
	err := p.in(c).Update(c.Context(), c.Caller.Room, func(open *poll) error {
		if open.Question == "" {
			return errNone
		}
		i, err := open.find(c.String("option"))
		if err != nil {
			return err
		}
		open.Votes[voter(c.Caller)] = i
		choice = open.Options[i]
		return nil
	})
	if err != nil {
		return err
	}
	return c.Printf("You voted for %s.", choice)
}

func (p polls) show(c *sdk.Call) error {
	open, err := p.open(c)
	if err != nil {
		return err
	}
	if c.JSON {
		for i, o := range open.Options {
			if err := c.Object(result{Option: o, Votes: open.count(i)}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := c.Printf("%s asks: %s", open.By, open.Question); err != nil {
		return err
	}
	for i, o := range open.Options {
		mine := ""
		if v, ok := open.Votes[voter(c.Caller)]; ok && v == i {
			mine = "  (your vote)"
		}
		if err := c.Printf("%2d  %s  %s%s", i+1, votes(open.count(i)), o, mine); err != nil {
			return err
		}
	}
	return nil
}

func (p polls) close(c *sdk.Call) error {
	open, err := p.open(c)
	if err != nil {
		return err
	}
	if open.Owner != voter(c.Caller) && !governs(c.Caller) {
		return sdk.Errorf(sdk.Forbidden, "Only %s, who asked, or a moderator can close this poll.", open.By)
	}
	if err := c.Say("%s", open.outcome()); err != nil {
		return err
	}
	if err := p.in(c).Delete(c.Context(), c.Caller.Room); sdk.CodeOf(err) != sdk.NotFound {
		return err
	}
	return nil // somebody was faster
}

func (p polls) open(c *sdk.Call) (poll, error) {
	open, err := p.in(c).Get(c.Context(), c.Caller.Room)
	if sdk.CodeOf(err) == sdk.NotFound {
		return open, errNone
	}
	return open, err
}

// complete proposes the options of the open poll.
func (p polls) complete(c *sdk.Call, prefix string) []sdk.Choice {
	open, err := p.open(c)
	if err != nil {
		return nil
	}
	var choices []sdk.Choice
	for i, o := range open.Options {
		if n := strconv.Itoa(i + 1); strings.HasPrefix(n, prefix) {
			choices = append(choices, sdk.Choice{Value: n, Help: o})
		}
	}
	return choices
}

// find is the option of that number, or the only one that begins so.
func (p *poll) find(word string) (int, error) {
	if n, err := strconv.Atoi(word); err == nil && n >= 1 && n <= len(p.Options) {
		return n - 1, nil
	}
	found := -1
	for i, o := range p.Options {
		if strings.EqualFold(o, word) {
			return i, nil
		}
		if len(o) >= len(word) && strings.EqualFold(o[:len(word)], word) {
			if found >= 0 {
				return 0, sdk.Errorf(sdk.Invalid, "%s can be %s or %s; take the number.", word, p.Options[found], o)
			}
			found = i
		}
	}
	if found < 0 {
		return 0, sdk.Errorf(sdk.NotFound, "%s is no option of this poll; the options are %s.", word, strings.Join(p.Options, ", "))
	}
	return found, nil
}

func (p *poll) count(option int) int {
	n := 0
	for _, v := range p.Votes {
		if v == option {
			n++
		}
	}
	return n
}

// outcome is what the room reads at the end.
func (p *poll) outcome() string {
	var parts []string
	for i, o := range p.Options {
		parts = append(parts, fmt.Sprintf("%s %d", o, p.count(i)))
	}
	return fmt.Sprintf("%s: %s (%s)", p.Question, strings.Join(parts, ", "), votes(len(p.Votes)))
}

func votes(n int) string {
	if n == 1 {
		return "1 vote"
	}
	return fmt.Sprint(n, " votes")
}

// voter is who somebody is, also under another name if they have an account.
func voter(c sdk.Caller) string {
	if c.Account != "" {
		return "account:" + c.Account
	}
	return "guest:" + c.Key
}

func governs(c sdk.Caller) bool {
	return c.Role == "moderator" || c.Role == "operator" || c.Role == "admin"
}
