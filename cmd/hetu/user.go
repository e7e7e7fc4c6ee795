package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hetu/api"
	"hetu/geo/access"
)

// userCmd keeps accounts from the command line, which is where the first come from: who can run it has the database anyway.
type userCmd struct {
	Add     userAddCmd     `cmd:"" help:"Make an account, and print the one-time link by which its person sets a password."`
	Grant   userGrantCmd   `cmd:"" help:"Give an account a role in a division and all below it, or take it back."`
	Key     userKeyCmd     `cmd:"" help:"Make a key by which a system asks; it is printed once."`
	List    userListCmd    `cmd:"" help:"List the accounts and what they may."`
	Disable userDisableCmd `cmd:"" help:"Shut an account out, or let it in again."`
}

const (
	linkLife = 24 * time.Hour
	keyDays  = 365
)

// with runs f on the store.
func (a *app) with(ctx context.Context, f func(db *database) error) (err error) {
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(ctx)) }()
	return f(db)
}

// divisionID finds a division by code or name; "" is the whole installation.
func divisionID(ctx context.Context, db *database, word string) (int64, error) {
	if word == "" {
		return access.Everywhere, nil
	}
	id, _, err := db.Division(ctx, word)
	return id, err
}

// commandLine names who writes in the audit: nobody who logged in.
func commandLine() access.Actor { return access.Actor{Name: "command line"} }

type userAddCmd struct {
	Name        string `arg:"" help:"What is typed to log in."`
	DisplayName string `help:"What others see; the name if not given." name:"display-name"`
	Division    string `help:"Code or name of the division whose administrators keep the account. Default: the installation's." placeholder:"CODE"`
	Role        string `help:"A role to grant there at once." placeholder:"ROLE"`
	Issuer      string `help:"Of one who logs in by OIDC: the issuer." placeholder:"URL"`
	Subject     string `help:"Of one who logs in by OIDC: the subject." placeholder:"SUB"`
	Link        string `help:"Where the server is reached, for the link: say it when the server listens elsewhere (--listen, --public-url)." default:"${default_link}" placeholder:"URL"`
}

// Help gives an example.
func (*userAddCmd) Help() string {
	return "Example: hetu user add zhang.san --display-name 张三 --division 520181 --role planner"
}

// Run makes the account.
func (c *userAddCmd) Run(ctx context.Context, a *app) error {
	if (c.Issuer == "") != (c.Subject == "") {
		return usageError{errors.New("--issuer stands with --subject")}
	}
	name, err := api.UserName(c.Name)
	if err != nil {
		return usageError{err}
	}
	shown := c.DisplayName
	if shown == "" {
		shown = name
	}
	return a.with(ctx, func(db *database) error {
		division, err := divisionID(ctx, db, c.Division)
		if err != nil {
			return err
		}
		role, err := optionalRole(c.Role)
		if err != nil {
			return err
		}
		by := commandLine()
		id, err := db.NewAccount(ctx, by, access.Account{Name: name, DisplayName: shown, Division: division, Issuer: c.Issuer, Subject: c.Subject})
		if err != nil {
			return err
		}
		if role != "" {
			if _, err := db.Store.Grant(ctx, by, id, access.Grant{Role: role, Division: division}); err != nil {
				return err
			}
		}
		a.print("account %d: %s", id, name)
		if c.Issuer != "" {
			return nil
		}
		if c.Link == defaultLink {
			a.print("the link is of a server at %s; of another, say --link URL, or put its address in place of that", defaultLink)
		}
		return printLink(ctx, a, db, id, c.Link)
	})
}

// defaultLink is where a server is reached that was told nothing else.
const defaultLink = "http://127.0.0.1:8080"

func optionalRole(word string) (access.Role, error) {
	if word == "" {
		return "", nil
	}
	return access.ParseRole(word)
}

// beijing writes an instant as the pages of links do, whatever zone the machine is in.
func beijing(t time.Time) string {
	return t.In(time.FixedZone("Asia/Shanghai", 8*3600)).Format("2006-01-02 15:04")
}

// printLink makes a link that sets a password once, and prints it.
func printLink(ctx context.Context, a *app, db *database, account int64, root string) error {
	token, hash := api.NewToken()
	if err := db.NewInvite(ctx, commandLine(), account, hash, linkLife); err != nil {
		return err
	}
	a.print("one-time link, good until %s Beijing time (UTC+8): %s/invite/%s", beijing(a.now().Add(linkLife)), strings.TrimSuffix(root, "/"), token)
	return nil
}

type userGrantCmd struct {
	Name     string `arg:"" help:"The account."`
	Role     string `arg:"" help:"planner, reviewer, publisher, office or admin."`
	Division string `help:"Code or name of the division. Default: the whole installation." placeholder:"CODE"`
	End      bool   `help:"Take the grant back."`
}

// Help gives an example.
func (*userGrantCmd) Help() string {
	return "Example: hetu user grant zhang.san planner --division 520181"
}

// Run grants, or takes back.
func (c *userGrantCmd) Run(ctx context.Context, a *app) error {
	role, err := access.ParseRole(c.Role)
	if err != nil {
		return usageError{err}
	}
	return a.with(ctx, func(db *database) error {
		account, err := db.Account(ctx, strings.ToLower(c.Name))
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		division, err := divisionID(ctx, db, c.Division)
		if err != nil {
			return err
		}
		g := access.Grant{Role: role, Division: division}
		if !c.End {
			_, err = db.Store.Grant(ctx, commandLine(), account.ID, g)
			return err
		}
		for _, held := range account.Grants {
			if held.Grant == g {
				return db.EndGrant(ctx, commandLine(), account.ID, held.ID)
			}
		}
		return fmt.Errorf("%s is no %s there", account.Name, role)
	})
}

type userKeyCmd struct {
	Name     string   `arg:"" help:"The account that the key asks for."`
	For      string   `help:"What the key is for." required:"" placeholder:"TEXT"`
	Role     []string `help:"What the key may: roles of the account." required:"" placeholder:"ROLE"`
	Division string   `help:"Code or name of a division to hold it to. Default: wherever the account may." placeholder:"CODE"`
	Days     int      `help:"How long it is good." default:"90"`
}

// Help gives an example.
func (*userKeyCmd) Help() string {
	return "Example: hetu user key zhang.san --for 'survey upload' --role planner --division 520181 --days 90"
}

// Run makes the key.
func (c *userKeyCmd) Run(ctx context.Context, a *app) error {
	if c.Days < 1 || c.Days > keyDays {
		return usageError{fmt.Errorf("--days %d: 1 to %d", c.Days, keyDays)}
	}
	return a.with(ctx, func(db *database) error {
		account, err := db.Account(ctx, strings.ToLower(c.Name))
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		k := access.Key{Account: account.ID, Name: c.For, EndsAt: a.now().AddDate(0, 0, c.Days)}
		for _, word := range c.Role {
			role, err := access.ParseRole(word)
			if err != nil {
				return err
			}
			k.Roles = append(k.Roles, role)
		}
		if k.Division, err = divisionID(ctx, db, c.Division); err != nil {
			return err
		}
		id, shown, hash := api.NewKey()
		k.ID = id
		if err := db.NewKey(ctx, commandLine(), k, hash); err != nil {
			return err
		}
		a.print("key, good until %s, shown this once; send it as Authorization: Bearer …\n%s", k.EndsAt.Format("2006-01-02"), shown)
		return nil
	})
}

type userListCmd struct{}

// Run lists the accounts.
func (userListCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(db *database) error {
		for after := int64(0); ; {
			found, err := db.Accounts(ctx, access.Actor{}, after, 1000)
			if err != nil {
				return err
			}
			for _, u := range found {
				state := ""
				if u.Disabled {
					state = " (disabled)"
				}
				a.print("%d\t%s\t%s%s\t%s", u.ID, u.Name, u.DisplayName, state, grantWords(u.Grants))
				after = u.ID
			}
			if len(found) < 1000 {
				return nil
			}
		}
	})
}

func grantWords(held []access.Held) string {
	var words []string
	for _, h := range held {
		where := "everywhere"
		if h.Division != access.Everywhere {
			where = fmt.Sprintf("in division %d", h.Division)
		}
		words = append(words, string(h.Role)+" "+where)
	}
	return strings.Join(words, ", ")
}

type userDisableCmd struct {
	Name   string `arg:"" help:"The account."`
	Enable bool   `help:"Let it in again."`
	Link   string `help:"With --enable: print a new one-time link, for a server that is reached here." placeholder:"URL"`
}

// Run shuts the account out, or lets it in.
func (c *userDisableCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(db *database) error {
		account, err := db.Account(ctx, strings.ToLower(c.Name))
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		if err := db.Disable(ctx, commandLine(), account.ID, !c.Enable); err != nil || c.Link == "" || !c.Enable {
			return err
		}
		return printLink(ctx, a, db, account.ID, c.Link)
	})
}

// firstLink prints the link of the first administrator while there is none: hetu has no password that came with it.
func (c *serveCmd) firstLink(ctx context.Context, a *app, db *database, root string) error {
	some, err := db.HasAdmin(ctx)
	if err != nil || some {
		return err
	}
	if c.PublicURL != "" {
		root = c.PublicURL
	}
	a.print("there is no administrator yet:")
	return printLink(ctx, a, db, 0, root)
}
