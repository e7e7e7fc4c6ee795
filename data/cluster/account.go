package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// serviceAccount is the account of Debian's PostgreSQL package. Root runs the
// server as this one, since PostgreSQL refuses to run as root.
const serviceAccount = "postgres"

// account is the operating system's account that the server runs as.
type account struct {
	name     string
	uid, gid uint32
	// switched is set when that is not the account of this process, which then
	// is root.
	switched bool
}

// freshAccount is the account for a database still to be made.
func freshAccount() (account, error) {
	if os.Geteuid() != 0 {
		return lookupAccount(user.LookupId(strconv.Itoa(os.Geteuid())))
	}
	runAs, err := lookupAccount(user.Lookup(serviceAccount))
	if _, missing := errors.AsType[user.UnknownUserError](err); missing {
		return account{}, &NotInstalledError{}
	}
	return runAs, err
}

// ownerAccount is the account that must run an existing database: PostgreSQL
// serves a folder to its owner only.
func ownerAccount(pg string) (account, error) {
	info, err := os.Stat(pg)
	if err != nil {
		return account{}, fmt.Errorf("find the database's owner: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return account{}, fmt.Errorf("find the database's owner: no owner of %s", pg)
	}
	owner, err := lookupAccount(user.LookupId(strconv.FormatUint(uint64(stat.Uid), 10)))
	if err != nil {
		return account{}, fmt.Errorf("find the database's owner: %w", err)
	}
	switch {
	case owner.uid == 0:
		return account{}, fmt.Errorf("the database in %s belongs to root, which PostgreSQL refuses: chown it to %s", pg, serviceAccount)
	case owner.switched && os.Geteuid() != 0:
		return account{}, fmt.Errorf("the database in %s belongs to account %s: start hetu as %s or as root", pg, owner.name, owner.name)
	}
	return owner, nil
}

func lookupAccount(found *user.User, err error) (account, error) {
	if err != nil {
		// PostgreSQL itself needs the entry too: "could not look up effective user ID".
		return account{}, fmt.Errorf("look up the account that runs the database: %w", err)
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("account %s: %w", found.Username, err)
	}
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("account %s: %w", found.Username, err)
	}
	return account{
		name: found.Username, uid: uint32(uid), gid: uint32(gid),
		switched: int(uid) != os.Geteuid(),
	}, nil
}

// blockedAt returns the first folder on the way to dir, itself included, that
// the account may not enter, or "". Only a switched account needs asking: our
// own just made the folder. The account runs without supplementary groups.
func (a account) blockedAt(dir string) string {
	if !a.switched {
		return ""
	}
	var way []string
	for at := dir; ; at = filepath.Dir(at) {
		way = append(way, at)
		if at == filepath.Dir(at) {
			break
		}
	}
	for _, folder := range slices.Backward(way) {
		info, err := os.Stat(folder)
		if err != nil {
			return folder
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return folder
		}
		enter := os.FileMode(0o001)
		switch {
		case stat.Uid == a.uid:
			enter = 0o100
		case stat.Gid == a.gid:
			enter = 0o010
		}
		if info.Mode().Perm()&enter == 0 {
			return folder
		}
	}
	return ""
}

// osUsers are the accounts that may connect: this process's and the server's.
func (a account) osUsers() []string {
	if a.switched {
		return []string{"root", a.name}
	}
	return []string{a.name}
}
