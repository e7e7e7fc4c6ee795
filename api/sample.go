package api

import (
	"context"
	"errors"
	"sync"
	"time"
)

// SampleNotice is what every map, and every file of tiles, must show that holds schematic sample data.
const SampleNotice = "示意数据：河道位置为示意绘制，人员与电话均为示例 / Schematic sample data: rivers are drawn by hand, persons and phones are invented"

// sampleCheck knows whether the store holds schematic sample data, which every page and tile set must then say. It asks
// again after every write, since a sample can be loaded while the server runs.
type sampleCheck struct {
	store Store
	atlas Atlas // has heard of every write that is on the map
	now   func() time.Time

	mu      sync.Mutex
	version int64
	asked   bool
	holds   bool
	failed  time.Time // when the database last did not answer
}

// samplePatience bounds how long a page waits for the question to be answered. When it was not, nobody asks again for sampleRest:
// those who come meanwhile would wait one behind the other.
const (
	samplePatience = 2 * time.Second
	sampleRest     = 10 * time.Second
)

// sample tells whether there is sample data. When the database does not answer the last word stands; before any, yes:
// invented persons shown as real ones are the worse mistake.
func (c *sampleCheck) sample(ctx context.Context) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	version := c.atlas.State().Version
	if c.asked && version == c.version {
		return c.holds
	}
	if c.now().Sub(c.failed) < sampleRest {
		return c.holds || !c.asked
	}
	ctx, cancel := context.WithTimeout(ctx, samplePatience)
	defer cancel()
	holds, err := c.store.HoldsSample(ctx)
	if err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) { // that is the client, who left
			c.failed = c.now()
		}
		return c.holds || !c.asked
	}
	c.version, c.asked, c.holds = version, true, holds
	return holds
}

// notice is what a map that draws our tiles must show; "" when the data are real.
func (c *sampleCheck) notice(ctx context.Context) string {
	if !c.sample(ctx) {
		return ""
	}
	return SampleNotice
}
