package cache

// Settle has the cache do what it does in the background: throw out what is too much.
func (c *Cache) Settle() {
	for {
		c.entries.CleanUp()
		_, entries, indexed := c.Filling()
		if entries == indexed {
			return
		}
	}
}

// Filling tells the bytes and the squares that are in the cache, and the squares in the index.
func (c *Cache) Filling() (weight, entries, indexed int) {
	c.index.mu.Lock()
	defer c.index.mu.Unlock()
	for _, grid := range c.index.zooms {
		for _, zoom := range grid {
			indexed += len(zoom)
		}
	}
	return int(c.entries.WeightedSize()), c.entries.EstimatedSize(), indexed
}
