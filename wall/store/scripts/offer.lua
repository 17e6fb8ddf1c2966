-- Puts the finished card of a claimed revision where the rules say: into the queue, on hold, on the wall, or away.
--
-- KEYS 13 inbox
-- ARGV 6 claim · 7 content · 8 content hash · 9 verdict (note | hold | approve | reject) · 10 reasons JSON
--      11 media digests, space separated
-- Returns {OK | EDIT | DUP | GONE | NOPOST, state, rev, mrev, by, seq}; DUP: another revision has been claimed since

local claim, content, chash, verdict = ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local state = get('state')

if state == '' then return answer('NOPOST') end
if state == 'withdrawn' or state == 'expired' then
  redis.call('HDEL', KEYS[13], claim)
  return answer('GONE')
end
if get('pending') ~= claim or content == '' then return answer('DUP') end

local first = get('content') == ''
use_media(ARGV[11], 1)
use_media(get('media'), -1)
set('content', content, 'chash', chash, 'reasons', ARGV[10], 'media', ARGV[11], 'pending', '')
redis.call('HDEL', KEYS[13], claim)

local to = state
if state == 'queued' then
  if verdict == 'approve' then
    -- what a moderator took down does not go up again by itself
    if get('judged') ~= '1' then to = 'approved' end
  elseif verdict == 'hold' then to = 'held'
  elseif verdict == 'reject' then to = 'rejected' end
elseif state == 'held' and verdict == 'reject' then
  to = 'rejected'
end
redis.call('HINCRBY', K.post, 'mrev', 1) -- every card that desks have seen is told apart by (rev, mrev)
local seq = ''
if to ~= 'rejected' or state ~= 'rejected' then seq = move(state, to, 'rules') end
local n = audit(state, to, 'rules', '', seq)
ring(seq, n)
return answer(first and 'OK' or 'EDIT', seq)
