-- Claims a revision of a post that a network has sent, before anybody fetches its pictures.
-- An edit takes an approved post off the wall in this very step, before the new words are judged.
--
-- KEYS 15 inbox · 16 intake stream · 17 author's set · 18 source's posts
-- ARGV 7 claim · 8 source hash · 9 network revision or '' · 10 edited at (ms) or '' · 11 post JSON · 12 source
--      13 author key · 14 native id · 15 counts JSON · 16 who the author is, JSON
-- Returns {OK | EDIT | DUP | GONE | AGAIN, state, rev, mrev, by, seq}

local claim, shash, revision, edited_at = ARGV[7], ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10])
local counts = ARGV[15]
local state = get('state')

if state == 'withdrawn' or state == 'expired' then return answer('GONE') end
if is_otherwise() then return answer('AGAIN') end

if state ~= '' then
  local known_revision, known_edit = tonumber(get('nrev')), tonumber(get('edited_at'))
  if get('shash') == shash then
    if counts ~= '' then set('counts', counts) end
    return answer('DUP')
  end
  if known_revision and revision and revision <= known_revision then return answer('DUP') end
  if known_edit and (edited_at or 0) < known_edit then return answer('DUP') end
end

local pending = get('pending')
if pending ~= '' then redis.call('HDEL', KEYS[15], pending) end
local seq, n = '', 0
if state == '' then
  local arr = redis.call('HINCRBY', K.meta, 'arr', 1)
  set('arr', arr, 'state', 'queued', 'rev', 1, 'mrev', 0, 'src', ARGV[12], 'at', A.now, 'arrived', A.now,
      'author', ARGV[13], 'by', A.by, 'pending', claim)
  tally('', 'queued')
  -- fair between authors: whoever has much waiting waits with it
  local waiting = redis.call('HMGET', K.person, 'queued', 'held')
  local ahead = (tonumber(waiting[1]) or 0) + (tonumber(waiting[2]) or 0) - 1 -- this one is counted by now
  set('place', string.format('%.0f', (arr + SPACE * ahead) * PLACE + arr % PLACE))
else
  redis.call('HINCRBY', K.post, 'rev', 1)
  set('pending', claim, 'edited', '1')
  redis.call('HDEL', K.post, 'eyes_by')
  if state == 'approved' then seq = move('approved', 'queued', 'edited')
  elseif state == 'queued' then strike(K.queue)
  elseif state == 'held' then strike(K.held) end
end
set('shash', shash, 'counts', counts)
-- a post that changes hands stays with whoever brought it; the author's set of the new one holds it too
if get('author') == ARGV[13] then redis.call('HSET', K.person, 'who', ARGV[16]) end
if revision then set('nrev', ARGV[9]) end -- an edition without a number does not let an older one in
if edited_at then set('edited_at', ARGV[10]) end
redis.call('SADD', KEYS[17], A.pid)
if state == '' then redis.call('HSET', KEYS[18], A.pid, ARGV[14]) end -- one source answers for it: the first
redis.call('HSET', KEYS[15], claim, ARGV[11])
redis.call('XADD', KEYS[16], '*', 'id', A.pid, 'claim', claim)
n = audit(state, get('state'), state == '' and 'arrived' or 'edited', '', seq)
ring(seq, n)
return answer(state == '' and 'OK' or 'EDIT', seq)
