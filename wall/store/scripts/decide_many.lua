-- One word on many posts at once: none of them is put up by it.
--
-- KEYS 15 idem · 16 idem of the day before · 17 rejected pictures · then three a post: post, person, cluster
-- ARGV 7 verdict · 8 idempotency key · 9 fingerprint · 10 '1' when their pictures are not what is turned down
--      11 whom it is for: 'all', or, if one of them changed its cluster meanwhile, none · 'each', that one is STALE
--         'cluster', the posts that wait in the cluster in this very step, nothing is said of the others
--      then two a post: pid, cluster id or ''
-- Returns {OK | REPLAY | CONFLICT | AGAIN | ILLEGAL, pid, word, pid, word, ...}

local verdict, idem, fingerprint, whom = ARGV[7], ARGV[8], ARGV[9], ARGV[11]
local FIRST_KEY, FIRST_ARG = 18, 12

local done = redis.call('HGET', KEYS[15], idem) or redis.call('HGET', KEYS[16], idem)
if done then
  local before, words = string.match(done, '^(.-)|(.*)$')
  if before ~= fingerprint then return { 'CONFLICT' } end
  local out = { 'REPLAY' }
  for word in string.gmatch(words, '%S+') do out[#out + 1] = word end
  return out
end
if not TARGET[verdict] or SEEN[verdict] or verdict == 'withdraw' or verdict == 'unpin' then return { 'ILLEGAL' } end

local function turn_to(n)
  K.post, K.person, K.cluster = unpack(KEYS, FIRST_KEY + 3 * n, FIRST_KEY + 3 * n + 2)
  A.pid, A.cluster = unpack(ARGV, FIRST_ARG + 2 * n, FIRST_ARG + 2 * n + 1)
end

local count = (#ARGV - FIRST_ARG + 1) / 2
if whom == 'all' then
  for n = 0, count - 1 do
    turn_to(n)
    if is_otherwise() then return { 'AGAIN' } end
  end
end
local out, newest, last = { 'OK' }, '', nil
for n = 0, count - 1 do
  turn_to(n)
  if whom ~= 'cluster' or redis.call('SISMEMBER', K.cluster, A.pid) == 1 then
    local word = is_otherwise() and 'STALE' or refusal(verdict, '', '')
    if not word then
      local seq
      seq, last = carry_out(verdict, idem, '', ARGV[10] ~= '1' and KEYS[17] or nil)
      if seq ~= '' then newest = seq end
      word = 'OK'
    end
    out[#out + 1] = A.pid
    out[#out + 1] = word
  end
end
redis.call('HSET', KEYS[15], idem, fingerprint .. '|' .. table.concat(out, ' ', 2))
if last then ring(newest, last) end
return out
