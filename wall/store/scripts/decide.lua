-- A moderator's decision. Taking down needs nothing but the id; putting up needs the revisions that were seen.
--
-- KEYS 13 idem · 14 idem of the day before · 15 source's posts
-- ARGV 6 verdict · 7 rev seen · 8 mrev seen · 9 idempotency key or '' · 10 fingerprint of the request
-- Whatever was answered is kept under the key: asked again it has no effect, however things stand by then.
-- Returns {OK | REPLAY | SAME | STALE | ILLEGAL | GONE | NOPOST | CONFLICT, state, rev, mrev, by, seq}

local verdict, rev, mrev, idem, fingerprint = ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10]

local function finish(word, seq)
  if idem ~= '' then redis.call('HSET', KEYS[13], idem, fingerprint .. '|' .. word) end
  return answer(word, seq)
end

if idem ~= '' then
  local done = redis.call('HGET', KEYS[13], idem) or redis.call('HGET', KEYS[14], idem)
  if done then
    local before, word = string.match(done, '^(.-)|(.*)$')
    if before ~= fingerprint then return answer('CONFLICT') end
    return answer((word == 'OK' or word == 'SAME') and 'REPLAY' or word)
  end
end

local TARGET = { approve = 'approved', reject = 'rejected', hold = 'held', release = 'queued', unapprove = 'queued',
                 reopen = 'queued', withdraw = 'withdrawn', pin = 'approved', unpin = 'approved' }
local FROM = {
  approve = { queued = true, held = true },
  reject = { queued = true, held = true, approved = true },
  hold = { queued = true },
  release = { held = true },
  unapprove = { approved = true },
  reopen = { rejected = true },
  withdraw = { queued = true, held = true, approved = true, rejected = true, expired = true },
  pin = { approved = true },
  unpin = { approved = true },
}
local state, to = get('state'), TARGET[verdict]

if not to then return answer('ILLEGAL') end
if state == '' then return answer('NOPOST') end
if state == 'withdrawn' and verdict ~= 'withdraw' then return answer('GONE') end
if verdict == 'pin' or verdict == 'unpin' then
  if state == 'approved' and (get('pinned') == '1') == (verdict == 'pin') then return finish('SAME') end
elseif state == to then
  return finish('SAME')
end
if verdict == 'approve' or verdict == 'pin' then
  if get('rev') ~= rev or get('mrev') ~= mrev then return finish('STALE') end
  if get('pending') ~= '' or get('content') == '' then return finish('STALE') end
end
if not FROM[verdict][state] then return finish('ILLEGAL') end

local seq
if verdict == 'withdraw' then
  seq = bury(state, 'withdrawn')
  redis.call('HDEL', KEYS[15], A.pid)
else
  redis.call('HINCRBY', K.post, 'mrev', 1)
  set('by', A.by, 'at', A.now, 'judged', to == 'approved' and '0' or '1')
  if verdict == 'pin' or verdict == 'unpin' then
    set('pinned', verdict == 'pin' and '1' or '0')
    redis.call(verdict == 'pin' and 'SADD' or 'SREM', K.pinned, A.pid)
    redis.call('HSET', K.items, A.pid, live_item())
    seq = log_op('upd', get('rev'), verdict)
  else
    seq = move(state, to, verdict)
  end
end
local n = audit(state, to, verdict, idem, seq)
ring(seq, n)
return finish('OK', seq)
