-- Writes one field of a hash if it still is what was seen; otherwise somebody was quicker and nothing happens.
--
-- KEYS 1 hash
-- ARGV 1 field · 2 the value that was seen, '' for none · 3 the new value, '' to remove it
-- Returns OK | STALE

if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 'STALE' end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return 'OK'
