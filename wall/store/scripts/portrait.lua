-- A visitor's portrait: writes its record if it still is the one that was seen, and what must be done about it.
--
-- KEYS 1 the portrait · 2 jobs · 3 lives · 4 a counter for the order of jobs
-- ARGV 1 id · 2 the revision that was seen, 0 for none · 3 the new record · 4 when its life ends (ms)
--      5 the job to queue, '' for none · 6 the job that is done, '' for none · 7 the channel that is told
--      8 1 when it is gone: the record stays for a while as a tombstone, its jobs go
-- Returns the new revision, 0 when somebody was quicker

local key, jobs, lives = KEYS[1], KEYS[2], KEYS[3]
if tonumber(redis.call('HGET', key, 'rev') or '0') ~= tonumber(ARGV[2]) then return 0 end
local rev = redis.call('HINCRBY', key, 'rev', 1)
redis.call('HSET', key, 'record', ARGV[3])
if ARGV[6] ~= '' then redis.call('ZREM', jobs, ARGV[6] .. ' ' .. ARGV[1]) end
if ARGV[8] == '1' then
  for _, verb in ipairs({ 'make', 'mend', 'print', 'show', 'preview', 'film', 'large' }) do redis.call('ZREM', jobs, verb .. ' ' .. ARGV[1]) end
  redis.call('ZREM', lives, ARGV[1])
  redis.call('PEXPIRE', key, 172800000)
else
  redis.call('ZADD', lives, ARGV[4], ARGV[1])
end
if ARGV[5] ~= '' then redis.call('ZADD', jobs, 'NX', redis.call('INCR', KEYS[4]), ARGV[5] .. ' ' .. ARGV[1]) end
redis.call('PUBLISH', ARGV[7], ARGV[1] .. ' ' .. rev)
return rev
