-- Claims a revision of a post that a network has sent, before anybody fetches its pictures.
-- An edit takes an approved post off the wall in this very step, before the new words are judged.
--
-- KEYS 13 inbox · 14 intake stream · 15 author's set · 16 source's posts
-- ARGV 6 claim · 7 source hash · 8 network revision or '' · 9 edited at (ms) or '' · 10 post JSON · 11 source
--      12 author key · 13 native id · 14 counts JSON
-- Returns {OK | EDIT | DUP | GONE, state, rev, mrev, by, seq}

local claim, shash, revision, edited_at = ARGV[6], ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9])
local state = get('state')

if state == 'withdrawn' or state == 'expired' then return answer('GONE') end

if state ~= '' then
  local known_revision, known_edit = tonumber(get('nrev')), tonumber(get('edited_at'))
  if get('shash') == shash then
    if ARGV[14] ~= '' then set('counts', ARGV[14]) end
    return answer('DUP')
  end
  if known_revision and revision and revision <= known_revision then return answer('DUP') end
  if known_edit and (edited_at or 0) < known_edit then return answer('DUP') end
end

local pending = get('pending')
if pending ~= '' then redis.call('HDEL', KEYS[13], pending) end
local seq, n = '', 0
if state == '' then
  set('arr', redis.call('HINCRBY', K.meta, 'arr', 1), 'state', 'queued', 'rev', 1, 'mrev', 0, 'src', ARGV[11],
      'at', A.now, 'arrived', A.now, 'author', ARGV[12], 'by', A.by, 'pending', claim)
else
  redis.call('HINCRBY', K.post, 'rev', 1)
  set('pending', claim, 'edited', '1')
  if state == 'approved' then seq = move('approved', 'queued', 'edited')
  elseif state == 'queued' then redis.call('ZREM', K.queue, A.pid)
  elseif state == 'held' then redis.call('ZREM', K.held, A.pid) end
end
set('shash', shash, 'counts', ARGV[14])
if revision then set('nrev', ARGV[8]) end -- an edition without a number does not let an older one in
if edited_at then set('edited_at', ARGV[9]) end
redis.call('SADD', KEYS[15], A.pid)
if state == '' then redis.call('HSET', KEYS[16], A.pid, ARGV[13]) end -- one source answers for it: the first
redis.call('HSET', KEYS[13], claim, ARGV[10])
redis.call('XADD', KEYS[14], '*', 'id', A.pid, 'claim', claim)
n = audit(state, get('state'), state == '' and 'arrived' or 'edited', '', seq)
ring(seq, n)
return answer(state == '' and 'OK' or 'EDIT', seq)
