-- Writes one field of a hash if it still is what was seen; otherwise somebody was quicker and nothing happens.
--
-- KEYS 1 hash · 2 a counter that is raised with it, if there is one
-- ARGV 1 field · 2 the value that was seen, '' for none · 3 the new value, '' to remove it
--      4 the channel that is told the counter, with KEYS 2
-- Returns OK | STALE

if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 'STALE' end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
if KEYS[2] then redis.call('PUBLISH', ARGV[4], redis.call('INCR', KEYS[2])) end
return 'OK'
