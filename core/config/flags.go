package config

import (
	"reflect"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// flagUsage has the flags that a command's help shows. All others are hidden:
// they are as many as the keys, and chatroom.toml describes them.
var flagUsage = map[string]string{
	"listen":     "`addresses` to listen on, HOST:PORT,... (replaces [[listen]])",
	"store.dir":  "the data `folder`; \"\" for none",
	"log.level":  "`level` of the log: debug, info, warn or error",
	"log.format": "`format` of the log: text or json",
}

// AddFlags defines a flag for every setting but those that only the file sets, named like its key: --log.level.
// Their values are text and are checked by Load, which also names them in its
// errors.
func AddFlags(fs *pflag.FlagSet) {
	for _, s := range settings {
		if s.file {
			continue
		}
		usage, shown := flagUsage[s.name]
		if !shown {
			usage = s.name + " of the config file"
		}
		fs.String(s.name, "", usage)
		f := fs.Lookup(s.name)
		f.Hidden = !shown
		if s.typ.Kind() == reflect.Bool {
			f.NoOptDefVal = "true"
		}
	}
}

// addFlags binds the flags that were given.
func (l *Loaded) addFlags(v *viper.Viper, fs *pflag.FlagSet) error {
	if fs == nil {
		return nil
	}
	for _, s := range settings {
		f := fs.Lookup(s.name)
		if f == nil || !f.Changed {
			continue
		}
		l.Origins[s.name] = Origin{Layer: FromFlag, Name: f.Name}
		if err := v.BindPFlag(s.name, f); err != nil {
			return err
		}
	}
	return nil
}
