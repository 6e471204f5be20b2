package host

import "time"

// Settings are the numbers of the supervision, for all plugins. They may change
// while the host runs and then hold for what begins from then on. A zero field
// means what its comment says.
type Settings struct {
	RequireChecksum bool // a plugin without sha256 is not run

	Start     time.Duration // from the start of the process to its first answer; 0: 5 s
	Describe  time.Duration // 0: 2 s
	Configure time.Duration // 0: 5 s
	Wait      time.Duration // of a caller for a plugin that is starting; 0: 2 s

	Run      time.Duration // of a run that asks for no other; 0: 30 s
	MaxRun   time.Duration // of any run; 0: 10 min
	Silence  time.Duration // of a run without a sign of life, if it asks for no time; 0: 5 s
	Complete time.Duration // 0: 100 ms

	Filter       time.Duration // 0: 50 ms
	Failures     int           // of a filter in a row, after which it is left alone; 0: 5
	FailurePause time.Duration // for so long, then one message is tried; 0: 30 s

	Health       time.Duration // between two checks; 0: 10 s
	HealthAnswer time.Duration // 0: 2 s
	Missed       int           // checks in a row, after which the process is ended; 0: 3
	Good         int           // checks in a row, after which all is well again; 0: 3

	FirstPause   time.Duration // after a crash; the next ones double; 0: 250 ms
	LongestPause time.Duration // 0: 30 s
	Well         time.Duration // a life of so long makes the pause short again; 0: 1 min
	Crashes      int           // within CrashWindow, after which it is quarantined; 0: 5
	CrashWindow  time.Duration // 0: 10 min

	Drain time.Duration // of running runs, when their process is to end; 0: 10 s
	Stop  time.Duration // for a process to do nothing more of its own accord; 0: 2 s
}

// or is s with the zero fields filled in.
func (s Settings) or() Settings {
	setDefault(&s.Start, 5*time.Second)
	setDefault(&s.Describe, 2*time.Second)
	setDefault(&s.Configure, 5*time.Second)
	setDefault(&s.Wait, 2*time.Second)
	setDefault(&s.Run, 30*time.Second)
	setDefault(&s.MaxRun, 10*time.Minute)
	setDefault(&s.Silence, 5*time.Second)
	setDefault(&s.Complete, 100*time.Millisecond)
	setDefault(&s.Filter, 50*time.Millisecond)
	setDefault(&s.Failures, 5)
	setDefault(&s.FailurePause, 30*time.Second)
	setDefault(&s.Health, 10*time.Second)
	setDefault(&s.HealthAnswer, 2*time.Second)
	setDefault(&s.Missed, 3)
	setDefault(&s.Good, 3)
	setDefault(&s.FirstPause, 250*time.Millisecond)
	setDefault(&s.LongestPause, 30*time.Second)
	setDefault(&s.Well, time.Minute)
	setDefault(&s.Crashes, 5)
	setDefault(&s.CrashWindow, 10*time.Minute)
	setDefault(&s.Drain, 10*time.Second)
	setDefault(&s.Stop, 2*time.Second)
	return s
}

// The end of a process once it was asked: first it may end by itself, then it gets
// SIGTERM, then SIGKILL.
const (
	shutdownTime = time.Second
	termTime     = 2 * time.Second
)
