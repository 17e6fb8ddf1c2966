-- Puts the finished card of a claimed revision where the rules say: into the queue, on hold, on the wall, or away.
--
-- KEYS 15 inbox · 16 label queue
-- ARGV 6 the cluster it now belongs to · 7 claim · 8 content · 9 content hash
--      10 verdict (note | hold | approve | reject) · 11 reasons JSON · 12 media digests, space separated
--      13 its pictures' dHashes · 14 labels · 15 how many people must approve it
-- Returns {OK | EDIT | DUP | GONE | NOPOST, state, rev, mrev, by, seq}; DUP: another revision has been claimed since

local claim, content, chash, verdict, eyes = ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[15]
local state = get('state')

if state == '' then return answer('NOPOST') end
if state == 'withdrawn' or state == 'expired' then
  redis.call('HDEL', KEYS[15], claim)
  return answer('GONE')
end
if get('pending') ~= claim or content == '' then return answer('DUP') end

local first = get('content') == ''
use_media(ARGV[12], 1)
use_media(get('media'), -1)
set('content', content, 'chash', chash, 'reasons', ARGV[11], 'media', ARGV[12], 'pending', '', 'cluster', A.cluster,
    'dhashes', ARGV[13], 'eyes', eyes)
if first then
  -- behind the copies that wait; those that were decided push nobody back
  set('place', string.format('%.0f', place() + SPACE * PLACE * redis.call('SCARD', K.cluster)))
end
local labels = get('labels')
for label in string.gmatch(ARGV[14], '%S+') do
  if not string.find(' ' .. labels .. ' ', ' ' .. label .. ' ', 1, true) then
    labels = labels == '' and label or labels .. ' ' .. label
  end
end
if labels ~= get('labels') then
  queue_labels(KEYS[16], get('labels'), labels)
  set('labels', labels)
end
-- said while the post was on its way: the rules could not know
if redis.call('HGET', K.person, 'standing') == 'banned' then verdict = 'reject' end
redis.call('HDEL', KEYS[15], claim)

local to = state
if state == 'queued' then
  if verdict == 'approve' then
    -- what a moderator took down does not go up again by itself, nor what two people must see
    if get('judged') ~= '1' and eyes ~= '2' then to = 'approved' end
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
