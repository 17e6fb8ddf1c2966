-- What a moderator may say of one post, and what it does. Stands between the prelude and the scripts that decide.

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
local SEEN = { approve = true, pin = true } -- these put up: they need the revisions that were seen

-- Why a verdict has no effect as things stand, or nil. Changes nothing.
local function refusal(verdict, rev, mrev)
  local state, to = get('state'), TARGET[verdict]
  if not to then return 'ILLEGAL' end
  if state == '' then return 'NOPOST' end
  if state == 'withdrawn' and verdict ~= 'withdraw' then return 'GONE' end
  if verdict == 'pin' or verdict == 'unpin' then
    if state == 'approved' and (get('pinned') == '1') == (verdict == 'pin') then return 'SAME' end
  elseif state == to then
    return 'SAME'
  end
  if SEEN[verdict] then
    if get('rev') ~= rev or get('mrev') ~= mrev then return 'STALE' end
    if get('pending') ~= '' or get('content') == '' then return 'STALE' end
  end
  if not FROM[verdict][state] then return 'ILLEGAL' end
  return nil
end

-- A picture that a moderator has turned down is known again; one that he takes back is forgotten.
local function remember_pictures(verdict, key)
  if not key then return end
  for dhash in string.gmatch(get('dhashes'), '%x+') do
    if verdict == 'reject' then redis.call('HSET', key, dhash, A.now .. ' ' .. A.by)
    elseif verdict == 'reopen' or verdict == 'approve' then redis.call('HDEL', key, dhash) end
  end
end

-- Does what `refusal` has allowed. Returns the sequence number, '' when the wall did not change, and the audit's.
local function carry_out(verdict, idem, source_posts, rejected_pictures)
  local state, to, seq = get('state'), TARGET[verdict], ''
  if verdict == 'withdraw' then
    seq = bury(state, 'withdrawn')
    redis.call('HDEL', source_posts, A.pid)
  else
    redis.call('HINCRBY', K.post, 'mrev', 1)
    set('by', A.by, 'at', A.now, 'judged', to == 'approved' and '0' or '1')
    remember_pictures(verdict, rejected_pictures)
    if to ~= 'approved' then redis.call('HDEL', K.post, 'eyes_by') end
    if verdict == 'pin' or verdict == 'unpin' then
      set('pinned', verdict == 'pin' and '1' or '0')
      redis.call(verdict == 'pin' and 'SADD' or 'SREM', K.pinned, A.pid)
      redis.call('HSET', K.items, A.pid, live_item())
      seq = log_op('upd', get('rev'), verdict)
    else
      seq = move(state, to, verdict)
    end
  end
  return seq, audit(state, to, verdict, idem, seq)
end
