-- What a moderator says of an author: trusted, banned, or nothing any more. A ban takes all of his posts away in
-- this very step; those still on their way find it when they are offered.
--
-- KEYS 15 idem · 16 idem of the day before · 17 author's set · 18 banned authors · then two a post: post, cluster
-- ARGV 5 author key · 7 standing or '' · 8 idempotency key or '' · 9 fingerprint · then two a post: pid, cluster or ''
-- Returns {OK | SAME | REPLAY | CONFLICT | AGAIN, standing, pid, pid, ...}: the posts that were put away

local standing, idem, fingerprint = ARGV[7], ARGV[8], ARGV[9]
local author = A.pid
local FIRST_KEY, FIRST_ARG = 19, 10

if idem ~= '' then
  local done = redis.call('HGET', KEYS[15], idem) or redis.call('HGET', KEYS[16], idem)
  if done then
    local before, words = string.match(done, '^(.-)|(.*)$')
    if before ~= fingerprint then return { 'CONFLICT', '' } end
    local out = { 'REPLAY', redis.call('HGET', K.person, 'standing') or '' }
    for word in string.gmatch(words, '%S+') do out[#out + 1] = word end
    return out
  end
end

local function turn_to(n)
  K.post, K.cluster = unpack(KEYS, FIRST_KEY + 2 * n, FIRST_KEY + 2 * n + 1)
  A.pid, A.cluster = unpack(ARGV, FIRST_ARG + 2 * n, FIRST_ARG + 2 * n + 1)
end

local count = (#ARGV - FIRST_ARG + 1) / 2
if standing == 'banned' then
  if redis.call('SCARD', KEYS[17]) ~= count then return { 'AGAIN', '' } end
  for n = 0, count - 1 do
    turn_to(n)
    if get('cluster') ~= A.cluster then return { 'AGAIN', '' } end
  end
end

local was = redis.call('HGET', K.person, 'standing') or ''
local out, newest, last = { was == standing and 'SAME' or 'OK', standing }, '', nil
if was ~= standing then
  if standing == '' then redis.call('HDEL', K.person, 'standing', 'standing_by', 'standing_at')
  else redis.call('HSET', K.person, 'standing', standing, 'standing_by', A.by, 'standing_at', A.now) end
  redis.call(standing == 'banned' and 'SADD' or 'SREM', KEYS[18], author)
  A.pid, K.post = author, K.person
  last = audit(was, standing, 'standing', idem, '')
end
if standing == 'banned' then
  for n = 0, count - 1 do
    turn_to(n)
    local state = get('state')
    if state == 'queued' or state == 'held' or state == 'approved' then
      redis.call('HINCRBY', K.post, 'mrev', 1)
      set('by', A.by, 'at', A.now, 'judged', '1')
      redis.call('HDEL', K.post, 'eyes_by')
      local seq = move(state, 'rejected', 'ban')
      if seq ~= '' then newest = seq end
      last = audit(state, 'rejected', 'ban', idem, seq)
      out[#out + 1] = A.pid
    end
  end
end
if idem ~= '' then redis.call('HSET', KEYS[15], idem, fingerprint .. '|' .. table.concat(out, ' ', 3)) end
if last then ring(newest, last) end
return out
