/**
 * The one script of the page, under 2 kB: filters with their state in the hash, deep links, copying,
 * scheme and print. Everything it does is beside the content, which is complete without it.
 */

/** Script text; it contains no end tag. */
export const script: string = `(()=>{const d=document,r=d.documentElement,A=s=>[...d.querySelectorAll(s)],I=s=>d.getElementById(s);
r.classList.add('js');
const q=I('q'),l=I('l'),a=I('a'),n=I('n'),rows=A('.check'),on=new Set,txt=new Map(rows.map(e=>[e,e.firstChild.textContent.toLowerCase()]));
const show=()=>{let c=0;const w=q.value.toLowerCase().split(/\\s+/).filter(Boolean);
for(const e of rows){const t=txt.get(e),s=e.dataset,v=(!on.size||s.o.split(' ').some(x=>on.has(x)))&&(!l.value||s.l==l.value)&&(!a.value||s.a==a.value)&&w.every(x=>x[1]&&x[0]=='!'?!t.includes(x.slice(1)):t.includes(x));e.hidden=!v;c+=v}
for(const s of A('.area'))s.hidden=!s.querySelector('.check:not([hidden])');
for(const b of A('[data-f]'))b.setAttribute('aria-pressed',on.has(b.dataset.f));
n.value=c+' of '+rows.length+' checks shown';I('none').hidden=c>0};
const save=()=>{show();const p=new URLSearchParams;for(const[k,v]of[['o',[...on]+''],['q',q.value],['l',l.value],['a',a.value]])v&&p.set(k,v);location.replace('#?'+p)};
const set=p=>{on.clear();for(const x of(p.get('o')||'').split(','))x&&on.add(x);for(const f of[q,l,a]){const v=p.get(f.id)||'';if(f.value!=v)f.value=v}show()};
const open=e=>{for(;e;e=e.parentElement)if(e.tagName=='DETAILS')e.open=true};
const load=()=>{const h=location.hash;if(h[1]=='?'||!h[1])return set(new URLSearchParams(h.slice(2)));
const e=I(decodeURIComponent(h.slice(1)));if(e){if(e.closest('[hidden]'))set(new URLSearchParams);open(e);e.scrollIntoView()}};
const copy=(b,t)=>{const o=b.textContent,ok=()=>{b.textContent='Copied';setTimeout(()=>b.textContent=o,1500)};navigator.clipboard?.writeText(t).then(ok,()=>prompt('Copy',t))??prompt('Copy',t)};
d.addEventListener('click',e=>{const b=e.target.closest('button');if(!b)return;const s=b.dataset;
if(s.f){on.delete(s.f)||on.add(s.f);save()}
if(s.link)copy(b,location.href.split('#')[0]+'#'+s.link);
if(s.copy!=null)copy(b,b.nextElementSibling.textContent);
if(b.id=='reset'){set(new URLSearchParams);save()}
if(b.id=='theme')r.dataset.theme=(r.dataset.theme||(matchMedia('(prefers-color-scheme:dark)').matches?'dark':'light'))=='dark'?'light':'dark';
if(b.id=='print'){for(const e of A('details'))e.open=true;print()}});
for(const f of[q,l,a])f.addEventListener('input',save);addEventListener('hashchange',load);show();load()})()`
