-- Common to every script that moves a post. Prepended by the loader.
--
-- KEYS 1 post · 2 queue · 3 held · 4 rejected · 5 live · 6 items · 7 meta · 8 log · 9 audit · 10 media · 11 media gone
--      12 pinned · 13 author's person · 14 cluster
-- ARGV 1 live channel · 2 desk channel · 3 now (ms, for display only) · 4 by · 5 pid · 6 cluster id or ''
-- Keys 1, 13 and 14 belong to one post; a script for many posts turns to each in its turn.
--
-- A script validates everything first and writes afterwards: the store does not roll back a runtime error.

local K = { post = KEYS[1], queue = KEYS[2], held = KEYS[3], rejected = KEYS[4], live = KEYS[5], items = KEYS[6],
            meta = KEYS[7], log = KEYS[8], audit = KEYS[9], media = KEYS[10], gone = KEYS[11], pinned = KEYS[12],
            person = KEYS[13], cluster = KEYS[14] }
local A = { tick = ARGV[1], desk = ARGV[2], now = ARGV[3], by = ARGV[4], pid = ARGV[5], cluster = ARGV[6] }
local LOG_LENGTH = 10000
local SPACE = 20 -- how many places an author's next waiting post, or a copy, stands behind the one before
local STOOD = 400 -- letters kept of when a post stood on the wall
local PLACE = 100000 -- places are numbers of their own: the arrival number makes each one different

local function get(field)
  return redis.call('HGET', K.post, field) or ''
end

-- Whether the keys that were passed are not this post's any more: it came, or changed, since it was looked at.
local function is_otherwise()
  local author = get('author')
  return get('cluster') ~= A.cluster or (author ~= '' and string.sub(K.person, -#author) ~= author)
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

-- How many of an author's posts stand where. Whoever has none left here is forgotten but for a ban or trust.
-- Posts from before there were counts are counted from their next move on: none goes below zero.
local function tally(from, to)
  if get('author') == '' or from == to then return end
  local there = from ~= '' and tonumber(redis.call('HGET', K.person, from) or '0')
  if there and there > 0 then redis.call('HINCRBY', K.person, from, -1) end
  redis.call('HINCRBY', K.person, to, 1)
  if to ~= 'withdrawn' then return end
  for _, n in ipairs(redis.call('HMGET', K.person, 'queued', 'held', 'approved', 'rejected')) do
    if n and tonumber(n) > 0 then return end
  end
  redis.call('HDEL', K.person, 'who', 'recent')
end

local function place()
  return tonumber(tonumber(get('place')) or get('arr')) or 0
end

local function enlist(list)
  redis.call('ZADD', list, place(), A.pid)
  if A.cluster ~= '' then redis.call('SADD', K.cluster, A.pid) end
end

local function strike(list)
  redis.call('ZREM', list, A.pid)
  if A.cluster ~= '' then redis.call('SREM', K.cluster, A.pid) end
end

local function live_item()
  local pinned = get('pinned') == '1' and '1' or '0'
  return get('rev') .. ' ' .. pinned .. ' ' .. get('chash') .. ' ' .. get('content')
end

-- When it stood on the wall, for proof of play: "from-to from-to from-", the newest times.
local function stand(is_up)
  local stood = get('stood')
  if not is_up then
    set('stood', (stood == '' and '0-' or stood) .. A.now)
  else
    if #stood > STOOD then stood = string.match(string.sub(stood, -STOOD), ' (.*)$') or '' end
    set('stood', (stood == '' and '' or stood .. ' ') .. A.now .. '-')
  end
end

-- Moves the post between states; returns the sequence number when the wall changed, else ''.
local function move(from, to, why)
  local seq = ''
  if from == 'queued' then strike(K.queue)
  elseif from == 'held' then strike(K.held)
  elseif from == 'rejected' then redis.call('ZREM', K.rejected, A.pid)
  elseif from == 'approved' then
    redis.call('ZREM', K.live, A.pid)
    redis.call('HDEL', K.items, A.pid)
    redis.call('HDEL', K.post, 'pinned')
    redis.call('SREM', K.pinned, A.pid)
    stand(false)
    seq = log_op('del', get('rev'), why)
  end
  tally(from, to)
  set('state', to)
  if to == 'approved' then
    seq = log_op('add', get('rev'), why)
    set('seq', seq)
    stand(true)
    redis.call('ZADD', K.live, seq, A.pid)
    redis.call('HSET', K.items, A.pid, live_item())
  elseif to == 'rejected' then
    redis.call('ZADD', K.rejected, redis.call('HINCRBY', K.meta, 'rej', 1), A.pid)
  elseif get('pending') == '' then
    if to == 'queued' then enlist(K.queue)
    elseif to == 'held' then enlist(K.held) end
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
  redis.call('HDEL', K.post, 'content', 'reasons', 'media', 'pending', 'author', 'counts', 'shash', 'note', 'edited',
             'cluster', 'labels', 'memo', 'dhashes', 'eyes', 'eyes_by')
  redis.call('HSETNX', K.post, 'rev', '0')
  redis.call('HINCRBY', K.post, 'mrev', 1)
  set('state', 'withdrawn', 'why', why, 'by', A.by, 'at', A.now)
  return seq
end

-- Departments learn of a label once: those that stood there before are not told again.
local function queue_labels(stream, before, now)
  before = ' ' .. before .. ' '
  for label in string.gmatch(now, '%S+') do
    if not string.find(before, ' ' .. label .. ' ', 1, true) then
      redis.call('XADD', stream, '*', 'id', A.pid, 'label', label, 'rev', get('rev'))
    end
  end
end

local function answer(word, seq)
  return { word, get('state'), get('rev'), get('mrev'), get('by'), tostring(seq or '') }
end
