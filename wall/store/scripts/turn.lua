-- Turns the page of the idempotency keys: today's become yesterday's, yesterday's go. Run once a day by the sweeper.
--
-- KEYS 1 idem · 2 idem of the day before · 3 meta
-- ARGV 1 now (ms) · 2 a day (ms)
-- Returns 1 when the page was turned

local turned = tonumber(redis.call('HGET', KEYS[3], 'turned') or '0')
local now, day = tonumber(ARGV[1]), tonumber(ARGV[2])
if turned == 0 or now < turned then
  redis.call('HSET', KEYS[3], 'turned', ARGV[1])
  return 0
end
if now - turned < day then return 0 end
redis.call('DEL', KEYS[2])
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('RENAME', KEYS[1], KEYS[2]) end
redis.call('HSET', KEYS[3], 'turned', ARGV[1])
return 1
