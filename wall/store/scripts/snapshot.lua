-- The wall at one instant: the newest, and whatever is pinned; or a page of it. Reads only.
--
-- KEYS 1 live · 2 items · 3 meta · 4 panic · 5 pinned
-- ARGV 1 how many of the newest · 2 '' or a score: only those below it, and nothing for being pinned
-- Returns {epoch, seq, panic, pid, score, item, pid, score, item, ...}, newest first

local meta = redis.call('HMGET', KEYS[3], 'epoch', 'seq')
local out = { meta[1] or '', meta[2] or '0', redis.call('GET', KEYS[4]) or '0' }
local taken = {}

local function take(pid, score)
  local item = score and not taken[pid] and redis.call('HGET', KEYS[2], pid)
  if not item then return end
  taken[pid] = true
  out[#out + 1] = pid
  out[#out + 1] = score
  out[#out + 1] = item
end

local below = ARGV[2] == '' and '+inf' or '(' .. ARGV[2]
local newest = redis.call('ZREVRANGEBYSCORE', KEYS[1], below, '-inf', 'WITHSCORES', 'LIMIT', 0, tonumber(ARGV[1]))
for i = 1, #newest, 2 do take(newest[i], newest[i + 1]) end
if ARGV[2] ~= '' then return out end
for _, pid in ipairs(redis.call('SMEMBERS', KEYS[5])) do take(pid, redis.call('ZSCORE', KEYS[1], pid)) end
return out
