-- A moderator's decision. Taking down needs nothing but the id; putting up needs the revisions that were seen.
-- Where two people must say yes, the first yes is kept on the post and moves nothing.
--
-- KEYS 15 idem · 16 idem of the day before · 17 source's posts · 18 rejected pictures
-- ARGV 7 verdict · 8 rev seen · 9 mrev seen · 10 idempotency key or '' · 11 fingerprint of the request
--      12 '1' when a person says it: whoever is nobody cannot be one of two
-- Whatever was answered is kept under the key: asked again it has no effect, however things stand by then.
-- Returns {OK | SECOND | REPLAY | SAME | STALE | ILLEGAL | GONE | NOPOST | CONFLICT | AGAIN, state, rev, mrev, by, seq}

local verdict, idem, fingerprint = ARGV[7], ARGV[10], ARGV[11]

local function finish(word, seq)
  if idem ~= '' then redis.call('HSET', KEYS[15], idem, fingerprint .. '|' .. word) end
  return answer(word, seq)
end

if idem ~= '' then
  local done = redis.call('HGET', KEYS[15], idem) or redis.call('HGET', KEYS[16], idem)
  if done then
    local before, word = string.match(done, '^(.-)|(.*)$')
    if before ~= fingerprint then return answer('CONFLICT') end
    return answer((word == 'OK' or word == 'SAME') and 'REPLAY' or word)
  end
end
if is_otherwise() then return answer('AGAIN') end

local why_not = refusal(verdict, ARGV[8], ARGV[9])
if why_not == 'NOPOST' or why_not == 'GONE' or not TARGET[verdict] then return answer(why_not) end
if why_not then return finish(why_not) end

if verdict == 'approve' and get('eyes') == '2' then
  if ARGV[12] ~= '1' then return finish('ILLEGAL') end
  local first = get('eyes_by')
  if first == '' then
    set('eyes_by', A.by)
    ring('', audit(get('state'), get('state'), 'first-yes', idem, ''))
  end
  if first == '' or first == A.by then return finish('SECOND') end
end

local seq, n = carry_out(verdict, idem, KEYS[17], KEYS[18])
ring(seq, n)
return finish('OK', seq)
