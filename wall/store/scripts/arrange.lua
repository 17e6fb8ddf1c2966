-- What screens shall show, as somebody at the desk has saved it: one field of a hash, if it still is what was seen.
--
-- KEYS 15 hash · 16 a counter that is raised with it (the common keys stand for a post that does not exist)
-- ARGV 5 'screens' · 7 field · 8 what was seen, '' for none · 9 the new value, '' to remove it
--      10 the channel that is told the counter · 11 what it is: programme | theme
-- Returns {OK | SAME | STALE}

local field, seen, new = ARGV[7], ARGV[8], ARGV[9]
if (redis.call('HGET', KEYS[15], field) or '') ~= seen then return { 'STALE' } end
if seen == new then return { 'SAME' } end
if new == '' then redis.call('HDEL', KEYS[15], field) else redis.call('HSET', KEYS[15], field, new) end
redis.call('PUBLISH', ARGV[10], redis.call('INCR', KEYS[16]))
ring('', audit(seen == '' and 'none' or 'saved', new == '' and 'none' or 'saved', ARGV[11] .. ' ' .. field, '', ''))
return { 'OK' }
