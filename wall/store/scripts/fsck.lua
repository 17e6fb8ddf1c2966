-- Makes the lists agree with one post again, after a store was restored or cut. The post is the truth.
--
-- Returns {OK | FIXED | AGAIN, state, rev, mrev, by, seq}

local state, pending, fixed = get('state'), get('pending') ~= '', false

if is_otherwise() then return answer('AGAIN') end

local function belongs(key, wanted, score)
  local there = redis.call('ZSCORE', key, A.pid)
  if wanted and not there then
    redis.call('ZADD', key, score(), A.pid)
    fixed = true
  elseif there and not wanted then
    redis.call('ZREM', key, A.pid)
    fixed = true
  end
end

local seq = ''
local on_wall = redis.call('ZSCORE', K.live, A.pid)
if state == 'approved' and not on_wall then
  seq = log_op('add', get('rev'), 'fsck')
  set('seq', seq)
  redis.call('ZADD', K.live, seq, A.pid)
  fixed = true
elseif state ~= 'approved' and on_wall then
  redis.call('ZREM', K.live, A.pid)
  seq = log_op('del', get('rev'), 'fsck')
  fixed = true
end
if state == 'approved' then
  if redis.call('HGET', K.items, A.pid) ~= live_item() then
    redis.call('HSET', K.items, A.pid, live_item())
    if seq == '' then seq = log_op('upd', get('rev'), 'fsck') end
    fixed = true
  end
elseif redis.call('HDEL', K.items, A.pid) == 1 then
  fixed = true
end
belongs(K.queue, state == 'queued' and not pending, place)
belongs(K.held, state == 'held' and not pending, place)
belongs(K.rejected, state == 'rejected', function() return redis.call('HINCRBY', K.meta, 'rej', 1) end)
if A.cluster ~= '' then
  local waits = (state == 'queued' or state == 'held') and not pending
  if redis.call(waits and 'SADD' or 'SREM', K.cluster, A.pid) == 1 then fixed = true end
end
if fixed then ring(seq, audit(state, state, 'fsck', '', seq)) end
return answer(fixed and 'FIXED' or 'OK', seq)
