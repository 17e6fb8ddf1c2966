-- What a moderator says of an author: trusted, banned, or nothing any more. A ban takes all of his posts away in this
-- very step, where he has not too many of them; those still on their way find it when they are offered.
--
-- KEYS 15 idem · 16 idem of the day before · 17 author's set · 18 banned authors · then three a post: post, person, cluster
-- ARGV 5 author key · 7 standing or '' · 8 idempotency key or '' · 9 fingerprint
--      10 which step it is: 'whole', all of his posts or, if something moved meanwhile, nothing at all
--         'more', others follow · 'last' · 'all', the last one of posts that were read under the ban
--      11 pids that earlier steps have put away · 12 how many posts he had when they were read
--      then two a post: pid, cluster or ''
-- Returns {OK | SAME | REPLAY | CONFLICT | AGAIN, pid, pid, ...}: the posts that are put away by now. AGAIN: not yet all.

local standing, idem, fingerprint, step, before = ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local author, person = A.pid, K.person
local FIRST_KEY, FIRST_ARG = 19, 13

local function words(head, text)
  local out = { head }
  for word in string.gmatch(text, '%S+') do out[#out + 1] = word end
  return out
end

if idem ~= '' then
  local done = redis.call('HGET', KEYS[15], idem) or redis.call('HGET', KEYS[16], idem)
  if done then
    local asked, gone = string.match(done, '^(.-)|(.*)$')
    return asked == fingerprint and words('REPLAY', gone) or { 'CONFLICT' }
  end
end

local function turn_to(n)
  K.post, K.person, K.cluster = unpack(KEYS, FIRST_KEY + 3 * n, FIRST_KEY + 3 * n + 2)
  A.pid, A.cluster = unpack(ARGV, FIRST_ARG + 2 * n, FIRST_ARG + 2 * n + 1)
end

local count = (#ARGV - FIRST_ARG + 1) / 2
local is_all = true
if standing == 'banned' then
  is_all = step == 'all' or step ~= 'more' and tonumber(ARGV[12]) == redis.call('SCARD', KEYS[17])
  if step == 'whole' then
    for n = 0, count - 1 do
      turn_to(n)
      is_all = is_all and not is_otherwise()
    end
    if not is_all then return { 'AGAIN' } end
  end
end

local was = redis.call('HGET', person, 'standing') or ''
local out, newest, last = words(was == standing and 'SAME' or 'OK', before), '', nil
if was ~= standing then
  if standing == '' then redis.call('HDEL', person, 'standing', 'standing_by', 'standing_at')
  else redis.call('HSET', person, 'standing', standing, 'standing_by', A.by, 'standing_at', A.now) end
  redis.call(standing == 'banned' and 'SADD' or 'SREM', KEYS[18], author)
  A.pid, K.post = author, person
  last = audit(was, standing, 'standing', idem, '')
end

if standing == 'banned' then
  for n = 0, count - 1 do
    turn_to(n)
    local state = get('state')
    if state == 'queued' or state == 'held' or state == 'approved' then
      if not is_otherwise() then
        redis.call('HINCRBY', K.post, 'mrev', 1)
        set('by', A.by, 'at', A.now, 'judged', '1')
        redis.call('HDEL', K.post, 'eyes_by')
        local seq = move(state, 'rejected', 'ban')
        if seq ~= '' then newest = seq end
        last = audit(state, 'rejected', 'ban', idem, seq)
        out[#out + 1] = A.pid
      else
        is_all = false
      end
    end
  end
end
if not is_all then out[1] = 'AGAIN'
elseif idem ~= '' then redis.call('HSET', KEYS[15], idem, fingerprint .. '|' .. table.concat(out, ' ', 2)) end
if last then ring(newest, last) end
return out
