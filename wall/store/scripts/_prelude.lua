-- Common to every script that moves a post. Prepended by the loader.
--
-- KEYS 1 post · 2 queue · 3 held · 4 rejected · 5 live · 6 items · 7 meta · 8 log · 9 audit · 10 media · 11 media gone
--      12 pinned
-- ARGV 1 live channel · 2 desk channel · 3 now (ms, for display only) · 4 by · 5 pid
--
-- A script validates everything first and writes afterwards: the store does not roll back a runtime error.

local K = { post = KEYS[1], queue = KEYS[2], held = KEYS[3], rejected = KEYS[4], live = KEYS[5], items = KEYS[6],
            meta = KEYS[7], log = KEYS[8], audit = KEYS[9], media = KEYS[10], gone = KEYS[11], pinned = KEYS[12] }
local A = { tick = ARGV[1], desk = ARGV[2], now = ARGV[3], by = ARGV[4], pid = ARGV[5] }
local LOG_LENGTH = 10000

local function get(field)
  return redis.call('HGET', K.post, field) or ''
end

local function set(...)
  redis.call('HSET', K.post, ...)
end

-- One operation on the wall: raises the sequence and writes its log entry in the same step, so there is no gap.
local function log_op(op, rev, why)
  local seq = redis.call('HINCRBY', K.meta, 'seq', 1)
  redis.call('XADD', K.log, 'MAXLEN', '~', LOG_LENGTH, seq .. '-0', 'op', op, 'id', A.pid, 'rev', rev, 'why', why)
  return seq
end

-- The audit is a chain: each entry's hash covers the one before. The server's Lua offers SHA-1 alone; a chain
-- needs second-preimage resistance, which SHA-1 still has, and `parvis audit` prints a SHA-256 over the whole.
local function audit(from, to, why, idem, seq)
  local n = redis.call('HINCRBY', K.meta, 'audit_n', 1)
  local prev = redis.call('HGET', K.meta, 'audit_h') or ''
  local rev, mrev = get('rev'), get('mrev')
  local entry = table.concat({ n, A.pid, from, to, rev, mrev, A.by, why, idem, seq, A.now }, '|')
  local h = redis.sha1hex(prev .. '|' .. entry)
  redis.call('XADD', K.audit, n .. '-0', 'id', A.pid, 'from', from, 'to', to, 'rev', rev, 'mrev', mrev, 'by', A.by,
             'why', why, 'idem', idem, 'seq', seq, 'at', A.now, 'prev', prev, 'h', h)
  redis.call('HSET', K.meta, 'audit_h', h)
  return n
end

local function ring(seq, n)
  if seq ~= '' then redis.call('PUBLISH', A.tick, seq) end
  redis.call('PUBLISH', A.desk, n)
end

local function use_media(list, by)
  for digest in string.gmatch(list, '%x+') do
    if redis.call('HINCRBY', K.media, digest, by) <= 0 then
      redis.call('HDEL', K.media, digest)
      redis.call('SADD', K.gone, digest)
    else
      redis.call('SREM', K.gone, digest)
    end
  end
end

local function live_item()
  local pinned = get('pinned') == '1' and '1' or '0'
  return get('rev') .. ' ' .. pinned .. ' ' .. get('chash') .. ' ' .. get('content')
end

-- Moves the post between states; returns the sequence number when the wall changed, else ''.
local function move(from, to, why)
  local seq = ''
  if from == 'queued' then redis.call('ZREM', K.queue, A.pid)
  elseif from == 'held' then redis.call('ZREM', K.held, A.pid)
  elseif from == 'rejected' then redis.call('ZREM', K.rejected, A.pid)
  elseif from == 'approved' then
    redis.call('ZREM', K.live, A.pid)
    redis.call('HDEL', K.items, A.pid)
    redis.call('HDEL', K.post, 'pinned')
    redis.call('SREM', K.pinned, A.pid)
    seq = log_op('del', get('rev'), why)
  end
  set('state', to)
  if to == 'approved' then
    seq = log_op('add', get('rev'), why)
    set('seq', seq)
    redis.call('ZADD', K.live, seq, A.pid)
    redis.call('HSET', K.items, A.pid, live_item())
  elseif to == 'rejected' then
    redis.call('ZADD', K.rejected, redis.call('HINCRBY', K.meta, 'rej', 1), A.pid)
  elseif get('pending') == '' then
    if to == 'queued' then redis.call('ZADD', K.queue, get('arr'), A.pid)
    elseif to == 'held' then redis.call('ZADD', K.held, get('arr'), A.pid) end
  end
  return seq
end

-- A tombstone keeps the id, the last content hash and the reason; nothing a person wrote.
local function bury(from, why)
  local seq = ''
  if from ~= '' then
    use_media(get('media'), -1)
    seq = move(from, 'withdrawn', why)
  end
  redis.call('HDEL', K.post, 'content', 'reasons', 'media', 'pending', 'author', 'counts', 'shash', 'note', 'edited')
  redis.call('HSETNX', K.post, 'rev', '0')
  redis.call('HINCRBY', K.post, 'mrev', 1)
  set('state', 'withdrawn', 'why', why, 'by', A.by, 'at', A.now)
  return seq
end

local function answer(word, seq)
  return { word, get('state'), get('rev'), get('mrev'), get('by'), tostring(seq or '') }
end
